import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { LogDiagnosis } from './diagnose.ts'
import { diagnoseFiles } from './diagnose-files.ts'
import { LOG_WORDS } from './kind-index.ts'
import { LineFilter } from './line-filter.ts'
import { findLogFiles } from './find-logs.ts'
import { WordSearch } from './word-search.ts'

const LOGS = path.resolve(import.meta.dirname, '../../../testdata/amanda')
const CLASSIC = path.join(LOGS, 'classic-bsd')

type Result = ReturnType<LogDiagnosis['finish']>

async function diagnose(...names: readonly string[]): Promise<Result> {
  return diagnoseFiles(nodeDisk, await findLogFiles(nodeDisk, names), { nameOf: (file) => path.basename(file) })
}

function diagnoseText(text: string): Result {
  const diagnosis = new LogDiagnosis()
  const filter = new LineFilter(new WordSearch(LOG_WORDS), (number, line) => diagnosis.push('pasted', number, line))
  diagnosis.beginFile()
  filter.push(Buffer.from(text))
  filter.finish()
  return diagnosis.finish()
}

const failures = ({ findings }: Result): string[] => findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code)

const cutOf = ({ findings }: Result): Result['findings'][number] | undefined => findings.find(({ code }) => code === 'idle-connection-cut')

test('the failure behind a firewall is one finding of all its logs, certain, with the age of the silence and what followed; that its client is stuck since is another', async () => {
  const result = await diagnose(CLASSIC, path.join(LOGS, 'log.20261123222437.0'))
  assert.deepEqual(failures(result).toSorted(), ['client-left-stuck', 'idle-connection-cut'])
  const finding = cutOf(result)
  assert.deepEqual([finding?.host, finding?.disk, finding?.confidence], ['amclient', '/srv/many', 'certain'])
  assert.match(finding?.details[0] ?? '', /The connection for messages \(mesg\) had been silent for 31\.3 s/)
  assert.deepEqual(finding?.details.slice(1).map((detail) => /\): (.{20})/.exec(detail)?.[1]), ['The chunker stopped '])
  assert.ok(finding?.evidence.some(({ file, text }) => file.startsWith('dumper') || text.includes('dumper')))
  assert.equal(result.unknownCount, 0)
})

test('one side alone is enough to find it: the server without its debug files knows the age but for a moment, the client as well as the server', async () => {
  const server = await diagnose(path.join(CLASSIC, 'amdump.20261123222437'))
  assert.deepEqual(failures(server).toSorted(), ['client-left-stuck', 'idle-connection-cut'])
  assert.match(cutOf(server)?.details[0] ?? '', /at most 31\.4 s/)
  const client = await diagnose(path.join(CLASSIC, 'amandad.20261123222438001.debug'))
  assert.deepEqual(failures(client).toSorted(), ['client-left-stuck', 'idle-connection-cut'])
  assert.equal(cutOf(client)?.confidence, 'likely')
  assert.match(cutOf(client)?.details[0] ?? '', /silent for 31\.3 s/)
})

test('logs of a good run have nothing above a notice', async () => {
  const result = await diagnose(path.join(LOGS, 'amdump.20261123220906'), path.join(LOGS, 'amreport.20261123220906'), path.join(LOGS, 'log.20261123220906.0'))
  assert.deepEqual(result.findings.map(({ severity }) => severity), ['notice'])
  assert.equal(result.unknownCount, 0)
})

test('ages of several cuts that agree are said to be a limit', () => {
  const run = (handle: number, begin: number): string => `driver: send-cmd time ${begin}.000 to dumper0: SHM-DUMP 00-0000${handle} 57737 NULL 1 web ffff /srv NODEVICE 0 1970:1:1:0:0:0 GNUTAR\ndriver: result time ${begin + 60}.400 from dumper0: FAILED 00-0000${handle} "[mesg read: Connection timed out]"`
  const [finding] = diagnoseText(`${run(1, 10)}\n${run(2, 100)}\n${run(3, 200)}`).findings
  assert.match(finding?.details[0] ?? '', /3 times, and always after at most 60\.4 to 60\.4 s/)
})

test('a failure that no kind explains is shown as it is', () => {
  const line = 'FAIL dumper web /srv 20261124010203 0 [a reason of tomorrow]'
  const result = diagnoseText(`INFO dumper dumper pid 1\n${line}`)
  assert.deepEqual([result.findings, result.unknown, result.unknownCount], [[], [{ file: 'pasted', line: 2, text: line }], 1])
})

test('two clients are two findings, and what one of them said is not the fault of the other', () => {
  const result = diagnoseText('FAIL dumper web /srv 20261124010203 0 [mesg read: Connection reset by peer]\nFAIL planner mail /srv 20261124010203 0 "[Request to mail failed: timeout waiting for ACK]"')
  assert.deepEqual(result.findings.map(({ code, host }) => [code, host]), [['idle-connection-cut', 'web'], ['no-acknowledgement', 'mail']])
})

test('what tar says of the files of one client explains no failure of another', () => {
  const strange = 'STRANGE dumper files /srv 20261126210914 0 [sec 1]\n  ? /bin/tar: ./secret: Warning: Cannot open: Permission denied'
  const failed = 'FAIL dumper web /srv 20261126210914 0 [dump (8776) /bin/tar returned 2]\n  sendbackup: error [dump (8776) /bin/tar returned 2]'
  const told = (text: string): (string | undefined)[] => diagnoseText(text).findings.map(({ code, host }) => `${code} ${host}`).toSorted()
  assert.deepEqual(told(`${strange}\n${failed}`), ['archiver-failed web', 'file-not-permitted files'])
  assert.deepEqual(told(`${failed}\n  ? /bin/tar: ./secret: Cannot open: Permission denied`), ['file-not-permitted web'])
  assert.deepEqual(told(`/bin/tar: ./secret: Cannot open: Permission denied\n${failed}\nFAIL planner mail /srv 20261126210914 0 "[disk /srv, all estimate failed]"`), ['archiver-failed web', 'estimate-failed mail', 'file-not-permitted undefined'])
})

test('whatever is in a file, cut anywhere, gives a diagnosis', () => {
  const real = readFileSync(path.join(CLASSIC, 'amdump.20261123222437'), 'latin1') + readFileSync(path.join(CLASSIC, 'amandad.20261123222438001.debug'), 'latin1')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.nat(real.length), fc.nat(3000), (noise, from, length) => {
    for (const finding of diagnoseText(real.slice(from, from + length) + noise).findings) assert.ok(finding.evidence.length > 0 && finding.count > 0)
  }))
})
