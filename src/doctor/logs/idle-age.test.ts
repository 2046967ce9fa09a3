import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDiagnosis } from './diagnose.ts'

type Result = ReturnType<LogDiagnosis['finish']>

function diagnose(...files: readonly string[]): Result {
  const diagnosis = new LogDiagnosis()
  for (const [index, text] of files.entries()) {
    diagnosis.beginFile()
    for (const [line, words] of text.split('\n').entries()) diagnosis.push(`file${index}`, line + 1, words)
  }
  return diagnosis.finish()
}

const clock = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 23)
const debug = (seconds: number, program: string, text: string): string => `Thu Nov 26 ${clock(seconds)} 2026: pid 100: thd-0x55: ${program}: ${text}`

/** A dumper's debug file: streams opened at `openedS`, and an error on one of them. */
function dumper(disk: string, openedS: number, lost: { readonly atS: number; readonly stream: 0 | 1 | 2; readonly why: string }, driver = 'BSD', hasData = true): string {
  const pointers = ['0x5501', '0x5502', '0x5503', '0x5504']
  return [
    debug(openedS - 0.1, 'dumper', `getcmd: SHM-DUMP 00-00001 57737 NULL 1 amclient ffff ${disk} NODEVICE 0 1970:1:1:0:0:0 GNUTAR`),
    'CONNECT DATA 50072 MESG 50073 INDEX 50074 STATE 50075',
    ...pointers.map((pointer) => debug(openedS, 'dumper', `security_streaminit(stream=${pointer}, driver=0x7f01 (${driver}))`)),
    ...(hasData ? [debug(openedS + 0.2, 'dumper', `Building type FILE header of 32768-32768 bytes with name='amclient' disk='${disk}' dumplevel=0 and blocksize=32768`)] : []),
    debug(lost.atS, 'dumper', `security_stream_seterr(${pointers[lost.stream]}, ${lost.why})`),
  ].join('\n')
}

const RESET = 'Connection reset by peer'
const only = ({ findings }: Result): Result['findings'][number] => {
  assert.equal(findings.length, 1, findings.map(({ code }) => code).join(', '))
  return findings[0] ?? assert.fail()
}

test('a mesg connection of its own was silent since it was opened; the age of a connection that may have carried data is a bound', () => {
  const mesg = only(diagnose(dumper('/srv', 10, { atS: 310.4, stream: 1, why: RESET })))
  assert.deepEqual([mesg.code, mesg.confidence, mesg.details], ['idle-connection-cut', 'likely', ['The connection for messages (mesg) had been silent for 300.4 s when it was lost.']])
  const shared = only(diagnose(dumper('/srv', 10, { atS: 310.4, stream: 0, why: `Xrecv error: ${RESET}` }, 'BSDTCP')))
  assert.match(shared.details[0] ?? '', /at most 300\.4 s/)
  assert.equal(shared.confidence, 'possible')
  const scan = only(diagnose(dumper('/srv', 10, { atS: 310.4, stream: 0, why: `Xrecv error: ${RESET}` }, 'BSDTCP', false)))
  assert.match(scan.details[0] ?? '', /silent for 300\.4 s/)
})

test('the same age in several runs makes a limit certain, and the age of the first probe is said to be one', () => {
  const night = (openedS: number, ageS: number): string => dumper('/srv', openedS, { atS: openedS + ageS, stream: 1, why: RESET })
  const limit = only(diagnose(night(10, 300.4), night(1000, 301.2), night(5000, 300.9)))
  assert.equal(limit.confidence, 'certain')
  assert.match(limit.details[0] ?? '', /^3 times, and always after 300\.4 to 301\.2 s of silence/)
  const probes = only(diagnose(night(10, 7200.6), night(10_000, 7201.1)))
  assert.match(probes.details[0] ?? '', /first keepalive probe is sent unless told otherwise: the limit that it met may be far shorter/)
  const apart = only(diagnose(night(10, 300.4), night(1000, 700.2)))
  assert.match(apart.details[0] ?? '', /^Lost after 300\.4, 700\.2 s of silence/)
  assert.equal(apart.confidence, 'likely')
})

test('the time in which probes were not answered is said to be in the age', () => {
  assert.match(only(diagnose(dumper('/srv', 10, { atS: 685, stream: 1, why: 'Connection timed out' }))).details[0] ?? '', /675\.0 s when it was lost\. The time in which probes were not answered is in it/)
})

test('an age of 75 s and a chosen time is the half cure, 90 and 120 s may be a time that somebody chose', () => {
  const codes = [80.3, 105.2, 135.1, 90.2, 120.3, 75.2].map((ageS) => only(diagnose(dumper('/srv', 10, { atS: 10 + ageS, stream: 1, why: RESET }))).code)
  assert.deepEqual(codes, ['keepalive-half-cure', 'keepalive-half-cure', 'keepalive-half-cure', 'idle-connection-cut', 'idle-connection-cut', 'idle-connection-cut'])
})

test('dumps of different ages that are lost at one moment were not lost for being idle; dumps of one age were', () => {
  const at = (disk: string, openedS: number, atS: number): string => dumper(disk, openedS, { atS, stream: 1, why: RESET })
  const restart = diagnose(at('/a', 10, 700), at('/b', 300, 700.8))
  assert.deepEqual([...new Set(restart.findings.map(({ code }) => code))], ['connections-lost-at-once'])
  assert.match(restart.findings[0]?.details[0] ?? '', /2 dumps, begun 400\.8 to 690\.0 s before, lost their connections within 0\.8 s/)
  const limit = diagnose(at('/a', 10, 310), at('/b', 11, 311.2), at('/c', 300, 600))
  assert.deepEqual([...new Set(limit.findings.map(({ code }) => code))], ['idle-connection-cut'])
})

test('the cure carries a time that is a part of the silence, and never more than a few seconds', () => {
  const line = (ageS: number): string => only(diagnose(dumper('/srv', 10, { atS: 10 + ageS, stream: 1, why: RESET }))).cures.find(({ platform }) => platform === 'linux')?.commands?.[0] ?? ''
  assert.match(line(12.3), /tcp_keepalive_time = 3' 'net\.ipv4\.tcp_keepalive_intvl = 3' 'net\.ipv4\.tcp_keepalive_probes = 100'/)
  assert.match(line(350.2), /tcp_keepalive_time = 5' 'net\.ipv4\.tcp_keepalive_intvl = 5' 'net\.ipv4\.tcp_keepalive_probes = 60'/)
})

test('a client that was cut and acknowledges nothing since is stuck; one that was never cut is not', () => {
  const cut = 'FAIL dumper web /srv 20261124010203 0 [mesg read: Connection reset by peer]'
  const unanswered = (host: string): string => `FAIL dumper ${host} /srv 20261124010203 0 [[request failed: timeout waiting for ACK]]`
  assert.deepEqual(diagnose(`${cut}\n${unanswered('web')}`).findings.map(({ code, host }) => [code, host]), [['idle-connection-cut', 'web'], ['client-left-stuck', 'web']])
  assert.deepEqual(diagnose(`${cut}\n${unanswered('mail')}`).findings.map(({ code, host }) => [code, host]), [['idle-connection-cut', 'web'], ['no-acknowledgement', 'mail']])
})

test('a client whose debug file ends while it still writes in vain is stuck with auth bsd, and in nobody\'s way with bsdtcp', () => {
  const client = (driver: string, end: string): string => [
    ';hostname=amclient;',
    ...['0x5501', '0x5502', '0x5503', '0x5504'].map((pointer) => debug(10, 'amandad', `security_streaminit(stream=${pointer}, driver=0x7f01 (${driver}))`)),
    'CONNECT DATA 50072 MESG 50073 INDEX 50074 STATE 50075',
    debug(310, 'amandad', `security_stream_seterr(0x5502, ${RESET})`),
    debug(311, 'amandad', 'security_stream_seterr(0x5501, write error on stream 50072: Broken pipe)'),
    end,
  ].join('\n')
  const codes = (text: string): string[] => diagnose(text).findings.map(({ code }) => code).toSorted()
  assert.deepEqual(codes(client('BSD', '')), ['client-left-stuck', 'idle-connection-cut'])
  assert.deepEqual(codes(client('BSD', debug(400, 'amandad', 'pid 100 finish time Thu Nov 26 00:06:40 2026'))), ['idle-connection-cut'])
  assert.deepEqual(codes(client('BSDTCP', '')), ['idle-connection-cut'])
})

test('a client that learns of the cut only when nobody takes its data tells that, and when', () => {
  const finding = only(diagnose([
    ...['0x5501', '0x5502', '0x5503', '0x5504'].map((pointer) => debug(10, 'amandad', `security_streaminit(stream=${pointer}, driver=0x7f01 (BSD))`)),
    'CONNECT DATA 50072 MESG 50073 INDEX 50074 STATE 50075',
    debug(22.7, 'amandad', 'security_stream_seterr(0x5501, write error on stream 50072: Broken pipe)'),
  ].join('\n')))
  assert.equal(finding.code, 'client-pipe-broken')
  assert.match(finding.details[0] ?? '', /noticed it 12\.7 s after/)
  assert.match(finding.cures.find(({ platform }) => platform === 'linux')?.commands?.[0] ?? '', /tcp_keepalive_time = 3'/)
})

test('old clients tell only that the server had gone, and how long after they began', () => {
  const finding = only(diagnose('sendbackup: time 1800.512: index tee cannot write [Broken pipe]'))
  assert.equal(finding.code, 'client-pipe-broken')
  assert.match(finding.details[0] ?? '', /The client noticed it 1800\.5 s after the dump began there/)
})
