import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId, DumpRecord, PartRecord, RunId } from '../../catalog/contract.ts'
import { LogDiagnosis } from '../../doctor/logs/diagnose.ts'
import { formatReport } from './report-text.ts'
import { buildReport, type ReportInput } from './report-view.ts'

const RUN = '20261123220906' as RunId

function dump(disk: string, level: number, more: Partial<DumpRecord> = {}): DumpRecord {
  return { id: `${RUN}/h/${disk}/${level}` as DumpId, run: RUN, host: 'laptop', disk, level, status: 'complete', outcome: 'good', startedMs: 0, endedMs: 61_000, nativeBytes: 10 * 1024 ** 2, storedBytes: 5 * 1024 ** 2, attempts: 1, ...more }
}

function part(of: DumpRecord, partNumber: number, label: string): PartRecord {
  return { dump: of.id, partNumber, label, fileNumber: partNumber, bytes: of.storedBytes / 2 }
}

function input(dumps: readonly DumpRecord[], more: Partial<ReportInput> = {}): ReportInput {
  return { configName: 'daily', organisation: 'Example', hostname: 'backup', run: { id: RUN, startedMs: 0, endedMs: 3_600_000, status: 'done', reason: 'schedule' }, dumps, parts: [], volumes: [], linkEvents: [], ...more }
}

test('a good run: statistics, volumes, a row a dump, exit code 0', () => {
  const home = dump('/home', 0)
  const etc = dump('/etc', 1, { attempts: 2 })
  const view = buildReport(input([home, etc], { parts: [part(home, 1, 'D-1'), part(home, 2, 'D-2'), part(etc, 1, 'D-2'), part(etc, 2, 'D-2')] }))
  assert.equal(view.exitCode, 0)
  assert.deepEqual([view.full.tapedCount, view.incremental.partCount, view.total.storedBytes], [1, 2, 10 * 1024 ** 2])
  assert.equal(
    formatReport(view),
    `Hostname: backup
Org     : Example
Config  : daily
Date    : 2026-11-23 22:09:06

These dumps were to volumes D-1, D-2.


FAILURE DUMP SUMMARY:
  laptop /etc lev 1  was successfully retried


STATISTICS:
                              Total       Full      Incr.  Level:#
                           --------   --------   --------  --------
Run Time (hrs:min)             1:00
Dump Time (hrs:min)            0:02       0:01       0:01
Output Size (meg)              10.0        5.0        5.0
Original Size (meg)            20.0       10.0       10.0
Avg Compressed Size (%)        50.0       50.0       50.0
DLEs Dumped                       2          1          1  1:1
Avg Dump Rate (k/s)            83.9       83.9       83.9

Tape Size (meg)                10.0        5.0        5.0
DLEs Taped                        2          1          1
Parts Taped                       4          2          2


USAGE BY TAPE:
  Label   Size  DLEs  Parts
  D-1    2560K     1      1
  D-2    7680K     2      3


DUMP SUMMARY:
HOSTNAME  DISK   L  ORIG-KB  OUT-KB  COMP%  MMM:SS  KB/s  WHERE
laptop    /etc   1    10240    5120   50.0    1:01  83.9  D-2
laptop    /home  0    10240    5120   50.0    1:01  83.9  D-1 D-2

(brought to you by Holdfast)
`,
  )
})

test('what went wrong comes first, and its bits add up in the exit code', () => {
  const dumps = [
    dump('/a', 0, { status: 'failed', message: 'no link\nfor an hour', endedMs: 5 }),
    dump('my b', 0, { outcome: 'strange', strangeLines: ['? tar: odd \u001b[31m'] }),
    dump('/c', 0, { status: 'partial', message: 'cut off', holdingPath: '/h/c' }),
    dump('/d', 0, { holdingPath: '/h/d', faultCode: 'no-volume' }),
  ]
  const view = buildReport(input(dumps, { linkEvents: [{ atMs: 1, host: 'laptop', kind: 'down', code: 'reset', bytesResent: 2048 }, { atMs: 2, host: 'laptop', kind: 'path-learned', milliseconds: 4000 }] }))
  assert.equal(view.exitCode, 2 | 4 | 16)
  const text = formatReport(view)
  for (const expected of [
    String.raw`  laptop /a lev 0  FAILED [no link\nfor an hour]`,
    '  laptop /c lev 0  PARTIAL [cut off]',
    '  laptop "my b" lev 0  STRANGE (see below)',
    String.raw`  ? tar: odd \x1b[31m`,
    '  laptop: the link was cut once (reset), 2 KiB sent again; this path forgets idle links, so the heartbeat is now 4 s',
    '  10 MiB wait on the holding disk',
  ]) {
    assert.ok(text.includes(`${expected}`), `${expected} is not in\n${text}`)
  }
  assert.match(text, /laptop {4}\/a .* FAILED\n/)
})

test('a run that was cut short says so', () => {
  const view = buildReport(input([dump('/a', 0, { status: 'running' })], { run: { id: RUN, startedMs: 0, status: 'crashed', reason: 'manual' } }))
  assert.equal(view.exitCode, 8)
  assert.match(formatReport(view), /^\*\*\* THE DUMPS DID NOT FINISH PROPERLY!\n/)
  assert.match(formatReport(view), /MISSING \[the run was cut short/)
})

test('a disk that the configuration skips is a row, and no failure', () => {
  const view = buildReport(input([dump('/a', 0)], { skipped: [{ host: 'laptop', disk: '/scratch' }] }))
  assert.equal(view.exitCode, 0)
  assert.deepEqual(view.rows.map(({ disk, state }) => [disk, state]), [['/a', 'good'], ['/scratch', 'skipped']])
  assert.match(formatReport(view), /laptop {4}\/scratch .* SKIPPED\n/)
})

test('below what failed stands the code and the first cure, once for all dumps with one cause', () => {
  const away = { status: 'failed', faultCode: 'agent-unreachable', message: 'the agent of laptop did not connect within 60 s' } as const
  const dumps = [
    dump('/a', 0, away),
    dump('/b', 0, { status: 'failed', faultCode: 'agent-error', message: '[there is no directory /b]' }),
    dump('/c', 0, away),
    dump('/d', 0, { outcome: 'strange', strangeLines: ['? the index of this dump is not kept: ENOTDIR', '? tar: something of tomorrow'] }),
    dump('/e', 0, { status: 'failed', faultCode: 'code-of-tomorrow', message: 'nobody knows' }),
    dump('/f', 0, { status: 'running' }),
  ]
  const view = buildReport(input(dumps))
  assert.deepEqual(view.rows.map(({ doctorCodes }) => doctorCodes), [['agent-not-connected'], ['disk-missing'], ['agent-not-connected'], ['index-not-kept'], [], ['run-cut-short']])
  assert.deepEqual(view.findings.map(({ code, dumps: of }) => [code, of.map(({ disk }) => disk)]), [['agent-not-connected', ['/a', '/c']], ['disk-missing', ['/b']], ['index-not-kept', ['/d']], ['run-cut-short', ['/f']]])
  const text = formatReport(view)
  assert.ok(
    text.includes(`FAILURE DUMP SUMMARY:
  laptop /a lev 0  FAILED [the agent of laptop did not connect within 60 s]
  laptop /c lev 0  FAILED [the agent of laptop did not connect within 60 s]
    [agent-not-connected] Start the agent on the host and let it reach the port
      of the server; \`holdfast agents list\` shows when it was last seen.
  laptop /b lev 0  FAILED [[there is no directory /b]]
    [disk-missing] Mount the file system, or correct the path.
  laptop /e lev 0  FAILED [nobody knows]
  laptop /f lev 0  MISSING [the run was cut short before its outcome was known]
    [run-cut-short] `),
    text,
  )
  assert.match(text, / {2}laptop \/d lev 0 {2}STRANGE \(see below\)\n {4}\[index-not-kept\] /)
})

test('the doctor finds in a pasted report what the report says', () => {
  const dumps = [
    dump('/a', 0, { status: 'failed', faultCode: 'agent-unreachable', message: 'the agent of laptop did not connect within 60 s' }),
    dump('/d', 0, { outcome: 'strange', strangeLines: ['? the index of this dump is not kept: ENOTDIR'] }),
    dump('/f', 0, { status: 'running' }),
    dump('/g', 0, { holdingPath: '/h/g', faultCode: 'no-volume', message: 'no volume of storage main may be written: slot1 (m-1): it is one of the 1 newest volumes' }),
  ]
  const view = buildReport(input(dumps))
  const diagnosis = new LogDiagnosis()
  diagnosis.beginFile()
  for (const [index, line] of formatReport(view).split('\n').entries()) diagnosis.push('mail', index + 1, line)
  const { findings, unknown } = diagnosis.finish()
  assert.deepEqual(findings.map(({ code }) => code).toSorted(), view.findings.map(({ code }) => code).toSorted())
  assert.deepEqual(unknown, [])
})

test('why dumps are on no volume is said once, and a dump that is damaged there is a failure', () => {
  const noVolume = { holdingPath: '/h/x', faultCode: 'no-volume', message: 'no volume of storage main may be written: none' } as const
  const damaged = { holdingPath: '/h/y', faultCode: 'holding-damaged', message: '/h/y: its checksum is 1 and not 2 as when it was written' } as const
  const view = buildReport(input([dump('/a', 0, noVolume), dump('/b', 0, noVolume), dump('/c', 0, damaged)]))
  assert.equal(view.exitCode, 16 | 4)
  const text = formatReport(view)
  assert.equal(text.match(/\*\*\* A TAPE ERROR OCCURRED/g)?.length, 1)
  assert.equal(text.match(/\[no-acceptable-volume\]/g)?.length, 1)
  assert.match(text, /laptop \/c lev 0 {2}NOT ON A VOLUME \[.*\]\n {4}\[held-dump-damaged\]/)
})

test('a flush that finds no volume says so, although it made no dump', () => {
  const view = buildReport(input([], { heldBefore: [dump('/a', 0, { holdingPath: '/h/a', outcome: 'strange', strangeLines: ['? the index of this dump is not kept: x'], faultCode: 'no-volume', message: 'no volume of storage main may be written: none' })] }))
  assert.equal(view.exitCode, 16)
  assert.deepEqual(view.findings.map(({ code }) => code), ['no-acceptable-volume'])
  assert.match(formatReport(view), /\*\*\* A TAPE ERROR OCCURRED: \[no volume/)
})

test('a dump that was written to a volume after all has no code of why it waited', () => {
  assert.deepEqual(buildReport(input([dump('/a', 0, { faultCode: 'no-volume', message: 'none' })])).findings, [])
})

test('a report that could not be mailed is told in the next one', () => {
  const view = buildReport(input([dump('/a', 0)], { mailFailures: [{ run: '20261122013000' as RunId, atMs: 0, status: 'failed', message: 'mx:25: connect ECONNREFUSED' }] }))
  assert.equal(view.exitCode, 0)
  assert.match(formatReport(view), /NOTES:\n {2}the report of run 2026-11-22 01:30:00 could not be mailed: mx:25: connect\n {4}ECONNREFUSED\n {4}\[report-not-mailed\] /)
})
