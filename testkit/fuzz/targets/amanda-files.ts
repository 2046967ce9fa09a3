// Amanda's files: dump header, tapelist, run log, orders, states of changers.

import { decodeDumpHeader, encodeDumpHeader, type DumpHeader } from '../../../src/wire/amanda/dump-header.ts'
import { Fault } from '../../../src/kernel/fault.ts'
import { formatRunLogEntry, parsePartEntry, parseRunLog } from '../../../src/wire/amanda/run-log.ts'
import { formatChangerState, parseChangerState } from '../../../src/wire/amanda/changer-state.ts'
import { formatCommandFile, parseCommandFile } from '../../../src/wire/amanda/command-file.ts'
import { LoggedDumps } from '../../../src/records/logged-dumps.ts'
import { matchDatestamp, matchDisk, matchHost, matchLevel } from '../../../src/wire/amanda/match-expression.ts'
import { SumsOfLog } from '../../../src/restore/amanda/logged-sums.ts'
import { formatTapelist, parseTapelist } from '../../../src/wire/amanda/tapelist.ts'
import { must, testdata, type FuzzTarget } from '../target.ts'
import { parseColumnSpec } from '../../../src/cli/amanda/report/column-spec.ts'
import { reportExitCode } from '../../../src/cli/amanda/report/exit-status.ts'
import { jsonReport } from '../../../src/cli/amanda/report/json-report.ts'
import { LogReader } from '../../../src/cli/amanda/report/log-reader.ts'
import { textReport, type ReportSettings } from '../../../src/cli/amanda/report/text-report.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { generateRunLog } from '../../amanda-run-logs.ts'

const OURS: DumpHeader = {
  kind: 'split-file', datestamp: '20260101000000', host: 'h', disk: '/a b"', level: 1, part: { number: 2, total: -1 }, compress: '.zst', isEncrypted: true, program: 'APPLICATION', application: 'gnutar', serverCustomCompress: '/usr/bin/zstd',
  isPartial: true, originalKib: 9, nativeCrc: '00000000:9', clientCrc: '00000001:9', serverCrc: '0000000f:9', dleXml: '<dle>\n  <disk>/</disk>\n</dle>\n', decryptCommand: 'gpg -d |', uncompressCommand: 'zstd -dc |', recoverCommand: 'tar -xf -', blockKib: 32,
}

/** A corpus of text without the padding, which would only dilute the mutations. */
function unpadded(block: Buffer): Buffer {
  const end = block.indexOf(0)
  return end < 0 ? block : block.subarray(0, end)
}

const header: FuzzTarget = {
  name: 'dump-header',
  summary: 'headers of volumes and holding files (dump-header.ts)',
  codes: ['wire-malformed'],
  corpus: () => [
    ...testdata('amanda/vtapes-bsdtcp/slot1/00000.LAB01', 'amanda/vtapes-bsdtcp/slot1/00001.amclient._srv_small.0', 'amanda/vtapes-bsdtcp-amgtar/slot1/00001.amclient._srv_small.0').map((file) => unpadded(file.subarray(0, 32_768))),
    unpadded(encodeDumpHeader(OURS)),
    unpadded(encodeDumpHeader({ kind: 'tapeend', datestamp: '20260101000000' })),
  ],
  words: ['AMANDA: ', 'NETDUMP: ', 'FILE ', 'SPLIT_FILE ', 'CONT_FILE ', 'TAPESTART DATE ', 'TAPEEND DATE ', ' TAPE ', ' lev ', ' comp ', ' program ', ' part 1/-1', ' crypt enc', 'server_custom_compress', 'DLE=<<ENDDLE\n', 'ENDDLE\n', 'ORIGSIZE=', 'NATIVE_CRC=', 'CONT_FILENAME=', 'PARTIAL=YES', '\tdd if=<tape> bs=32k skip=1 |', '\f', '\n', '"', '\\'],
  run(input) {
    const decoded = decodeDumpHeader(input)
    let again: Buffer
    try {
      again = encodeDumpHeader(decoded)
    } catch (error) {
      // A word of another's header may be one that we do not write.
      if (error instanceof Fault) return
      throw error
    }
    must(decodeDumpHeader(again).kind === decoded.kind, 'a header that was written can be read')
  },
}

const tapelist: FuzzTarget = {
  name: 'tapelist',
  summary: 'the tapelist; what is read and written again loses no volume (tapelist.ts)',
  codes: ['wire-malformed'],
  corpus: () => [...testdata('amanda/tapelist'), Buffer.from('20260102000000 B-2 no-reuse BARCODE:x META:m # a comment\n0 B-3 reuse\n')],
  words: ['reuse', 'no-reuse', 'BLOCKSIZE:', 'POOL:', 'STORAGE:', 'CONFIG:', 'BARCODE:', 'META:', ' #', '\n', '\t', '20260102000000 ', '0 ', '\u00a0', '\u2028'],
  run(input) {
    const entries = parseTapelist(input.toString('utf8'))
    const again = parseTapelist(formatTapelist(entries))
    const shown = (list: typeof entries): string => JSON.stringify(list.map((entry) => Object.entries(entry).filter(([key]) => key !== 'comment').toSorted(([a], [b]) => (a < b ? -1 : 1))).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)))
    must(shown(again) === shown(entries), 'a tapelist that was read and written says the same')
  },
}

const runLog: FuzzTarget = {
  name: 'run-log',
  summary: 'the log of a run and its PART lines (run-log.ts)',
  codes: ['wire-malformed'],
  corpus: () => [...testdata('amanda/log.20261123220906.0', 'amanda/log.20261123222437.0'), Buffer.from('PART taper ST:main POOL:main VOL-1 1 h / 20260101000000 1/-1 0 [sec 1.0 bytes 5 kps 5.0]\n')],
  words: ['PART taper ', 'DONE taper ', 'FAIL dumper ', 'START taper ', 'ST:', 'POOL:', '\n  ', '\n', '"', '\\', ' 1/-1 '],
  run(input) {
    const entries = parseRunLog(input.toString('utf8'))
    for (const entry of entries) {
      must(parseRunLog(formatRunLogEntry(entry)).length === 1, 'an entry that was read is written as one')
      try {
        parsePartEntry(entry)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
    }
  },
}

const COMMAND_FILE = `VERSION 1
ID 8
5 FLUSH lab /holding/20261126120000/h._d.0 h /d 20261126120000 0 lab WORKING:0 TODO
7 COPY lab src "src pool" LAB01 3 " ;LAB01;" 1795794371 h "/my b" 20261126120000 1 dst WORKING:26200 PARTIAL:1024
8 RESTORE lab "" "" LAB01 0 0 h /d 20261123220906 0 WORKING:30456 DONE
`

const commandFile: FuzzTarget = {
  name: 'command-file',
  summary: 'orders of programs for each other; what is read and written again loses none (command-file.ts)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.from(COMMAND_FILE)],
  words: ['VERSION 1\n', 'ID ', 'FLUSH ', 'COPY ', 'RESTORE ', 'WORKING:', ' TODO', ' DONE', ' PARTIAL:', '"', '\\', ' ;', '\n'],
  run(input) {
    const file = parseCommandFile(input.toString('utf8'))
    const again = parseCommandFile(formatCommandFile(file))
    const open = file.orders.filter(({ status, workingPid }) => status.kind !== 'done' || workingPid !== 0)
    must(JSON.stringify(again.orders) === JSON.stringify(open), 'orders that were read and written are the same')
  },
}

const loggedDumps: FuzzTarget = {
  name: 'logged-dumps',
  summary: 'the rows of `amadmin find` from lines of a log (logged-dumps.ts)',
  codes: [],
  corpus: () => testdata('amanda/log.20261123220906.0', 'amanda/log.20261123222437.0'),
  words: ['PART taper ', 'PARTPARTIAL taper ', 'DONE taper ', 'PARTIAL taper ', 'FAIL dumper ', 'SUCCESS taper ', 'START taper datestamp 20261123220906 ', '"ST:x" ', '"POOL:x" ', ' label LAB01 tape 1', '\n', '"', '\\', ' 1/-1 '],
  run(input) {
    const logged = new LoggedDumps({ timestamp: '20261123220906', tapelist: new Map([['LAB01', { datestamp: '20261123220906', label: 'LAB01', isReusable: true }]]), storage: 'lab' })
    for (const line of input.toString('utf8').split('\n')) logged.add(line)
    for (const row of logged.rows) must(row.label === '' || row.label === 'LAB01', 'only volumes of the tapelist are told of')
  },
}

const REPORT_SETTINGS: ReportSettings = {
  organisation: 'lab', configName: 'lab', columns: parseColumnSpec(''), unit: 'K', tapeKib: 204_800, fileMarkKib: 1, storages: new Set(['lab']), heldKib: undefined,
  nextTapes: [{ storage: 'lab', newCount: 1, labels: [], labelled: [] }],
}

const runReport: FuzzTarget = {
  name: 'run-report',
  summary: "amreport's report of any log (src/cli/amanda/report)",
  codes: [],
  corpus: () => [...testdata('amanda/log.20261123220906.0', 'amanda/log.20261123222437.0'), Buffer.from(generateRunLog(seededRandom(1)))],
  words: ['START planner date ', 'DISK planner ', 'PART taper ', 'PARTIAL taper ', 'DONE taper ', 'FAIL dumper ', 'FAIL taper ', 'RETRY dumper ', 'STRANGE dumper ', 'SUCCESS chunker ', 'STATS driver estimate ', '"ST:lab" ', '\n  ', '\n', '"', '\\', '[sec 1 kb 5 kps 5 orig-kb 1]', '1e999', '-1'],
  run(input) {
    const facts = LogReader.read(input.toString('latin1'))
    const report = textReport(facts, REPORT_SETTINGS)
    must(report.endsWith('(brought to you by Amanda version 3.5.1)\n'), 'a report is whole')
    must(typeof JSON.parse(jsonReport(facts, REPORT_SETTINGS)) === 'object', 'a report as JSON can be read')
    must((reportExitCode(facts) & ~31) === 0, 'an exit code has no other bits')
  },
}

const changerState: FuzzTarget = {
  name: 'changer-state',
  summary: 'states of changers; what is read and written again says the same (changer-state.ts)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.from("$STATE = {\n           'drives' => {},\n           'slots' => { 'file:/v' => { 'label' => undef, 'state' => 1, 'f_type' => '-2' } },\n           'l' => [1, 'a\\'b']\n         };\n")],
  words: ['$STATE = ', '{', '}', '[', ']', ' => ', ',', "'", '\\', 'undef', '-1', ';', '\n'],
  run(input) {
    const state = parseChangerState(input.toString('latin1'))
    const text = formatChangerState(state)
    must(formatChangerState(parseChangerState(text)) === text, 'a state that was read and written says the same')
  },
}

const matchExpression: FuzzTarget = {
  name: 'match-expression',
  summary: 'expressions for hosts, disks, datestamps and levels (match-expression.ts)',
  codes: ['usage-wrong'],
  corpus: () => ['^host?$', '/dev/[!a-c]*', '20261127-9', '3-5', String.raw`\\\\server\\share`, '=/x', 'a**b'].map((text) => Buffer.from(text)),
  words: ['^', '$', '*', '**', '?', '[', ']', '[!', '-', '=', '/', '.', '\\', '20261127'],
  inputBytesMax: 64,
  run(input) {
    const expression = input.toString('utf8')
    const answers = [matchHost, matchDisk, matchDatestamp, matchLevel].map((match) => {
      try {
        return match(expression, '/20261127.a')
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        return error
      }
    })
    for (const answer of answers) must(typeof answer === 'boolean' || answer.code === 'usage-wrong', 'an expression that is none is refused')
  },
}

const loggedSums: FuzzTarget = {
  name: 'logged-sums',
  summary: 'checksums of dumps from lines of a log (logged-sums.ts)',
  codes: [],
  corpus: () => testdata('amanda/log.20261123220906.0', 'amanda/log.20261123222437.0'),
  words: ['DONE taper ', '"ST:x" ', '"POOL:x" ', ' 20261123220906 ', 'e2635f3a:225280 ', '00000000:0 ', '\n', '"', '\\'],
  run(input) {
    const log = new SumsOfLog()
    for (const line of input.toString('utf8').split('\n')) log.add(line)
    const { native } = log.of({ host: 'amclient', disk: '/srv/small', datestamp: '20261123220906', level: 0 })
    must(native === undefined || /^[0-9a-f]{8}:\d+$/.test(native), 'a checksum that is told is one')
  },
}

export const AMANDA_FILE_TARGETS: readonly FuzzTarget[] = [header, tapelist, runLog, runReport, commandFile, loggedDumps, changerState, matchExpression, loggedSums]
