// Amanda's services: requests, replies of every service, lines of MESG and of the restore dialogue.

import { Fault } from '../../../src/kernel/fault.ts'
import { parseConnectReply } from '../../../src/wire/amanda/connect-reply.ts'
import { parseDles } from '../../../src/wire/amanda/dle-reader.ts'
import { formatDle } from '../../../src/wire/amanda/dle-writer.ts'
import { OUR_FEATURES } from '../../../src/wire/amanda/features.ts'
import { MesgReader, type MesgLine } from '../../../src/wire/amanda/mesg.ts'
import { MesgSummariser } from '../../../src/wire/amanda/mesg-summary.ts'
import { parseNoopReply } from '../../../src/wire/amanda/noop-reply.ts'
import { formatOptionsLine, parseOptionsLine } from '../../../src/wire/amanda/options-line.ts'
import { decodeDatagram, decodePacket, encodeDatagram, encodePacket } from '../../../src/wire/amanda/packet.ts'
import { parseRequest } from '../../../src/wire/amanda/request.ts'
import { formatRestoreLine, parseRestoreLine } from '../../../src/wire/amanda/restore-dialogue.ts'
import { formatSelfcheckJson, formatSelfcheckText, parseSelfcheckReply } from '../../../src/wire/amanda/selfcheck-reply.ts'
import { formatSendsizeReply, parseSendsizeReply } from '../../../src/wire/amanda/sendsize-reply.ts'
import { TokenReader } from '../../../src/wire/amanda/token.ts'
import { cutUp, must, testdata, type FuzzTarget } from '../target.ts'

const service = (name: string): string => `amanda/services/${name}`
const OPTIONS_WORDS = ['OPTIONS ', 'features=', 'hostname=', 'auth=bsdtcp', 'maxdumps=', 'config=', 'timestamp=', ';', '\n', '"', '\\'] as const
const XML_WORDS = [
  '<dle>', '</dle>', '<program>', '</program>', 'APPLICATION', '<disk>', '<diskdevice>', '<level>1</level>', '<server>YES</server>', '<exclude>', '<file>', '<property>', '<name>', '<value>', '<backup-program>', '<plugin>', '<compress>', '<encrypt>',
  '<custom-compress-program>', '<dumpdate>20260101000000</dumpdate>', '<spindle>', ' encoding="raw" raw="', '"', '&lt;', '&#0;', '&#x10ffff;', '&#xd800;', '&', '/>', '<script>', '<datapath>DIRECTTCP</datapath>', '<!--', '<![CDATA[', '<?xml',
] as const
const REPLY_WORDS = ['CONNECT ', 'DATA ', 'MESG ', 'INDEX ', 'STATE ', '-1', 'ERROR ', 'RETRY delay 5 level 0 message "x"', ' SIZE ', ' WARNING ', 'OK ', '[', ']', '{"', '"messages":[', 'null', '\n', '"', '\\', '\u0000'] as const

const requestText = `${formatOptionsLine({ features: OUR_FEATURES, hostname: 'h', config: 'daily', timestamp: '20260101000000' })}\n`

const request: FuzzTarget = {
  name: 'amanda-request',
  summary: 'requests: OPTIONS line and DLE XML (request.ts, options-line.ts, xml.ts, dle-reader.ts)',
  codes: ['wire-malformed'],
  corpus: () => [...testdata(service('bsdtcp.noop.request'), service('bsdtcp.sendbackup.request'), service('bsdtcp.sendsize.request'), service('bsdtcp-amgtar.sendbackup.request'), service('bsdtcp-amgtar.sendsize.request')), Buffer.from(requestText)],
  words: [...OPTIONS_WORDS, ...XML_WORDS],
  run(input) {
    const { dles } = parseRequest(input.toString('utf8'))
    for (const dle of dles) must(parseDles(formatDle(dle, 'sendbackup')).length === 1, 'a DLE that was read can be written')
  },
}

const datagram: FuzzTarget = {
  name: 'amanda-datagram',
  summary: 'packets of stock clients over UDP (packet.ts)',
  codes: ['wire-malformed'],
  corpus: () => [encodeDatagram({ kind: 'req', handle: '000-00000001', sequence: 7, body: 'SECURITY USER backup\nSERVICE noop\n' }), encodeDatagram({ kind: 'ack', handle: '000-00000001', sequence: -7, body: '' })],
  words: ['Amanda ', '3.5 ', 'REQ ', 'REP ', 'PREP ', 'ACK ', 'NAK ', 'HANDLE ', 'SEQ ', '-', '\n', '\u0000'],
  run(input) {
    const found = decodeDatagram(input)
    must(decodeDatagram(encodeDatagram(found)).handle === found.handle, 'a datagram that was read can be written')
  },
}

const tokens: FuzzTarget = {
  name: 'amanda-tokens',
  summary: 'tokens of stock clients and the packets in them (token.ts, packet.ts)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.from('0000000200000001030000000000000001', 'hex'), Buffer.concat([Buffer.from('0000000a0007a11f', 'hex'), encodePacket({ kind: 'rep', body: 'CONNECT ' })])],
  words: ['\u0000\u0000\u0000\u0001', '\u0000\u0040\u0000\u0000', 'SSH-2.0-'],
  run(input) {
    const whole = new TokenReader().push(input)
    const reader = new TokenReader()
    const bytesIn = (parts: typeof whole): number => parts.reduce((sum, part) => sum + (part.kind === 'bytes' ? part.bytes.length : 0), 0)
    must(bytesIn(whole) === cutUp(input).reduce((sum, piece) => sum + bytesIn(reader.push(piece)), 0), 'tokens do not depend on how they are cut')
    for (const part of whole) if (part.kind === 'bytes') decodePacket(part.bytes)
  },
}

const options: FuzzTarget = {
  name: 'amanda-options',
  summary: 'the OPTIONS line (options-line.ts, features.ts)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.from(requestText.trim()), Buffer.from('OPTIONS ;'), Buffer.from('OPTIONS maxdumps=3;auth=bsdtcp;')],
  words: OPTIONS_WORDS,
  run(input) {
    const parsed = parseOptionsLine(input.toString('utf8'))
    must(JSON.stringify(parseOptionsLine(formatOptionsLine(parsed)).maxDumps) === JSON.stringify(parsed.maxDumps), 'options that were read can be written')
  },
}

const REPLIES = [parseNoopReply, parseConnectReply, parseSendsizeReply, parseSelfcheckReply] as const

const reply: FuzzTarget = {
  name: 'amanda-reply',
  summary: 'replies of noop, selfcheck, sendsize, sendbackup and restore',
  codes: ['wire-malformed'],
  corpus: () => [
    ...testdata(service('bsdtcp.sendbackup.reply'), service('bsdtcp.sendsize.reply'), service('bsdtcp-amgtar.sendbackup.reply'), service('bsdtcp-amgtar.sendsize.reply')),
    Buffer.from(formatSendsizeReply([{ kind: 'size', disk: '/a b', level: 0, sizeKib: 5 }, { kind: 'error', disk: '/', level: 1, text: 'no "x"' }])),
    Buffer.from(formatSelfcheckText({ hostname: 'h', version: '3.5', distro: 'd', platform: 'p' }, [{ severity: 'error', text: 'bad' }])),
    Buffer.from(formatSelfcheckJson({ hostname: 'h', version: '3.5', distro: 'd', platform: 'p' }, [{ severity: 'info', text: 'ok' }])),
    Buffer.from('CONNECT DATA 1 MESG 2 INDEX 3 STATE 4\nOPTIONS ;\n'),
  ],
  words: [...OPTIONS_WORDS, ...REPLY_WORDS],
  run(input) {
    // Each reader gets each input: a peer may answer with the reply of another service.
    const text = input.toString('utf8')
    const refusals: Fault[] = []
    for (const parse of REPLIES) {
      try {
        parse(text)
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'wire-malformed') throw error
        refusals.push(error)
      }
    }
    const [first] = refusals
    if (first !== undefined && refusals.length === REPLIES.length) throw first
  },
}

function readMesg(pieces: readonly Buffer[]): MesgLine[] {
  const reader = new MesgReader()
  const lines = pieces.flatMap((piece) => reader.push(piece))
  const last = reader.finish()
  return last === undefined ? lines : [...lines, last]
}

const mesg: FuzzTarget = {
  name: 'amanda-mesg',
  summary: 'the MESG stream and its summary, cut anywhere (mesg.ts, running-text.ts, mesg-summary.ts)',
  codes: [],
  corpus: () => [...testdata(service('bsdtcp-amgtar.mesg')), Buffer.from('sendbackup: start [h:/ level 0]\nsendbackup: info BACKUP=APPLICATION\nsendbackup: info end\n| a\n? b\nsendbackup: size 5\nsendbackup: native-CRC 00000000:5\nsendbackup: error [no [x]]\nsendbackup: retry delay 5 level 1 message "m"\nsendbackup: end\n')],
  words: ['sendbackup: ', 'info ', 'end', 'size ', 'native-CRC ', 'client-CRC ', '00000000:1', 'error [', ']', 'retry ', 'warning ', 'state ', 'no-op', '| ', '? ', '\n', '__proto__=x'],
  inputBytesMax: 256 * 1024,
  run(input) {
    const whole = readMesg([Buffer.from(input)])
    must(JSON.stringify(readMesg(cutUp(input))) === JSON.stringify(whole), 'the cut of the bytes makes no difference')
    const summary = new MesgSummariser()
    for (const line of whole) summary.take(line)
    must(summary.summary().lines.length <= 1001, 'few lines are kept')
  },
}

const restoreLine: FuzzTarget = {
  name: 'amanda-restore',
  summary: 'lines of the restore dialogue (restore-dialogue.ts, quote.ts)',
  codes: ['wire-malformed'],
  corpus: () => ['FEATURES ff\r\n', formatRestoreLine({ kind: 'target', dir: '/a "b"\\' }), formatRestoreLine({ kind: 'include-send', bytes: 5 }), formatRestoreLine({ kind: 'levels', previous: -1, next: 1 }), 'DATA-SEND\r\n'].map((text) => Buffer.from(text)),
  words: ['FEATURES ', 'TARGET ', 'INCLUDE-SEND ', 'PREV-NEXT-LEVEL ', 'DATAPATH-OK', '\\777', '\\', '"', '\r\n'],
  run(input) {
    const line = parseRestoreLine(input.toString('utf8'))
    must(parseRestoreLine(formatRestoreLine(line)).kind === line.kind, 'a line that was read can be written')
  },
}

export const AMANDA_SERVICE_TARGETS: readonly FuzzTarget[] = [request, datagram, tokens, options, reply, mesg, restoreLine]
