import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseColumnSpec } from './column-spec.ts'
import { reportExitCode } from './exit-status.ts'
import { fixed } from './fixed.ts'
import { jsonReport } from './json-report.ts'
import { LogReader } from './log-reader.ts'
import { isMailWanted, mailAddresses, mailSubject, verdictOf } from './mail-of-report.ts'
import { nextTapeLines, nextTapesOf } from './next-tapes.ts'
import { parseReportCall } from './report-call.ts'
import { textReport, type ReportSettings } from './text-report.ts'

const TESTDATA = path.resolve(import.meta.dirname, '../../../../testdata/amanda')
const SETTINGS: ReportSettings = {
  organisation: 'lab', configName: 'lab', columns: parseColumnSpec(''), unit: 'K', tapeKib: 204_800, fileMarkKib: 1, storages: new Set(['lab']), heldKib: undefined,
  nextTapes: [{ storage: 'lab', newCount: 1, labels: [], labelled: [] }],
}
const START = 'START planner date 20261123222437\nDISK planner h /1\n'
const FINISH = 'FINISH driver date 20261123222437 time 36.153\n'
const DUMPED = 'SUCCESS dumper h /1 20261123222437 0 e:2 e:2 [sec 1.090 kb 100 kps 201.8 orig-kb 1000]\n'
const CHUNKED = 'SUCCESS chunker h /1 20261123222437 0 e:2 [sec 1.154145 kb 200 kps 190.617297]\n'
const TAPED = 'DONE taper "ST:lab" "POOL:lab" h /1 20261123222437 1 0 e:1 e:2 e:3 [sec 0.100000 bytes 409600 kps 2200.000000 orig-kb 3000]\n'
const TAPE_FAILED = 'FAIL taper "ST:lab" "POOL:lab" h /1 20261123222437 0 error "oops"\n'
const FAILED = 'FAIL dumper h /1 20261123222437 0 [data timeout]\n'

function facts(...lines: readonly string[]) {
  return LogReader.read([START, ...lines, FINISH].join(''))
}

/** The lines of a section. */
function sectionOf(report: string, title: string): string[] {
  const lines = report.split('\n')
  const at = lines.indexOf(`${title}:`)
  return at < 0 ? [] : lines.slice(at + 1, lines.indexOf('', at))
}

test('the report of a real run is the one that Amanda printed', () => {
  const log = readFileSync(path.join(TESTDATA, 'log.20261123220906.0'), 'latin1')
  assert.equal(textReport(LogReader.read(log), SETTINGS), readFileSync(path.join(TESTDATA, 'amreport.20261123220906'), 'latin1'))
})

test('exit codes say what the last try of each dump came to', () => {
  const code = (...lines: string[]): number => reportExitCode(facts(...lines))
  assert.equal(code(DUMPED, CHUNKED, TAPED), 0)
  assert.equal(code(FAILED), 4)
  assert.equal(code(FAILED, DUMPED, CHUNKED), 0)
  assert.equal(code(), 8)
  assert.equal(code(DUMPED, CHUNKED, TAPE_FAILED), 16)
  assert.equal(code(DUMPED, CHUNKED, TAPE_FAILED, TAPED), 0)
  assert.equal(code('STRANGE dumper h /1 0 e:2 e:2 [sec 1 kb 1 kps 1 orig-kb 1]\n', CHUNKED), 2)
  assert.equal(code(DUMPED, CHUNKED, 'ERROR driver it broke\n'), 1)
})

test('failures and what became of them stand in the order of the tries', () => {
  const report = textReport(facts(FAILED, '  sendbackup: start\n', DUMPED, CHUNKED, TAPE_FAILED, TAPED), SETTINGS)
  assert.deepEqual(sectionOf(report, 'FAILURE DUMP SUMMARY'), ['  h /1 lev 0  FAILED [data timeout]', '  h /1 lev 0  was successfully retried', '  h /1 lev 0  FLUSH(lab) [oops]', '  h /1 lev 0  was successfully re-flushed'])
  assert.deepEqual(sectionOf(report, 'FAILED DUMP DETAILS'), ['  /-- h /1 lev 0 FAILED [data timeout]', '  sendbackup: start', String.raw`  \--------`])
  assert.deepEqual(sectionOf(report, 'DUMP SUMMARY').slice(3), ['h            /1          0    1000     200   20.0    0:01  201.8 FAILED FAILED', '                                                      FLUSH        0:00 2200.0'])
})

test('a disk of which nothing is heard is missing, and rules fill its row', () => {
  const report = textReport(facts(), SETTINGS)
  assert.deepEqual(sectionOf(report, 'FAILURE DUMP SUMMARY'), ['  h /1 RESULTS MISSING'])
  assert.equal(sectionOf(report, 'DUMP SUMMARY').at(-1), `h            /1            MISSING ${'-'.repeat(43)}`)
})

test('a run that did not end says so, and garbage is passed over', () => {
  const broken = LogReader.read(`${START}garbage\nNOSUCH planner x\nSUCCESS dumper "h\n`)
  assert.match(textReport(broken, SETTINGS), /^\*\*\* THE DUMPS DID NOT FINISH PROPERLY!\n\n/)
  assert.equal(broken.strangerCount, 2)
  assert.equal(verdictOf(broken), 'failed')
})

test('JSON has the numbers of the text', () => {
  const report = JSON.parse(jsonReport(facts(DUMPED, CHUNKED, TAPED), SETTINGS)) as { readonly head: object; readonly statistic: Record<string, unknown>; readonly summary: readonly object[] }
  assert.deepEqual(report.statistic['output_size'], { total: 200, full: 200, incr: 0 })
  assert.deepEqual(report.statistic['avg_compression'], { total: 20, full: 20, incr: null })
  assert.equal(report.summary.length, 1)
})

test('a number that lies between two is rounded to the even one', () => {
  assert.deepEqual([0.25, 0.35, 0.75, 0.5, 1.5, -0.25].map((value, index) => fixed(value, index === 3 || index === 4 ? 0 : 1)), ['0.2', '0.3', '0.8', '0', '2', '-0.2'])
})

test('subjects, verdicts and addresses of mail', () => {
  assert.equal(mailSubject(facts(DUMPED, CHUNKED), 'lab'), 'lab AMANDA MAIL REPORT FOR November 23, 2026')
  assert.equal(mailSubject(facts(FAILED), 'lab'), 'lab FAIL: AMANDA MAIL REPORT FOR November 23, 2026')
  assert.deepEqual(['ALL', 'STRANGE', 'ERROR', 'NEVER'].map((when) => isMailWanted(when, 'strange')), [true, true, false, false])
  assert.deepEqual(mailAddresses('a  b@c'), ['a', 'b@c'])
  assert.equal(mailAddresses('a;b'), undefined)
})

test('the next tapes are new ones until enough are kept, then the oldest', () => {
  const written = ['20261125 L3', '20261124 L2', '20261123 L1'].map((line) => ({ datestamp: line.slice(0, 8), label: line.slice(9), isReusable: true }))
  const lines = (count: number, runTapes: number): string[] => nextTapeLines(nextTapesOf({ tapelist: written.slice(3 - count), pool: 'lab', storage: 'lab', retentionTapes: 3, runTapes }))
  assert.deepEqual(lines(0, 2), ['The next 2 tapes Amanda expects to use are: 2 new tapes.'])
  assert.deepEqual(lines(2, 2), ['The next 2 tapes Amanda expects to use are: 1 new tape, L1.'])
  assert.deepEqual(lines(3, 1), ['The next tape Amanda expects to use is: L1.'])
})

test('the two ways to call it do not mix, and labels are refused', () => {
  assert.equal(parseReportCall(['lab', '-i', '--text']).kind, 'mixed')
  assert.equal(parseReportCall(['lab', '--ps']).kind, 'refused')
  assert.equal(parseReportCall([]).kind, 'usage')
  const call = parseReportCall(['lab', '--log', 'x', '--format=json:mail,me', '--text'])
  assert.deepEqual(call.kind === 'call' && call.outputs, [{ format: 'json', to: 'mail', argument: 'me' }, { format: 'human', to: 'file', argument: '' }])
})
