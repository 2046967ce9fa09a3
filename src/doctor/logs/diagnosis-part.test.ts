import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Disk } from '../../kernel/disk.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { Diagnosis } from '../contract.ts'
import { diagnoseFiles, type LogHelper } from './diagnose-files.ts'
import { LogDiagnosis } from './diagnose.ts'
import { diagnosisOf } from './diagnosis-part.ts'
import { findLogFiles, type LogFile } from './find-logs.ts'
import { helpInThread } from './helper-thread.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../../testdata/doctor')

const recorded = async (name = ''): Promise<readonly LogFile[]> => (await findLogFiles(nodeDisk, [path.join(RECORDED, name)])).filter((file) => !file.path.endsWith('.json'))

test('a second thread changes nothing in the diagnosis of all recorded logs', { timeout: 120_000 }, async () => {
  const files = await recorded()
  const begun = Promise.withResolvers<void>()
  let helped = 0
  const helper: LogHelper = async (shared, onBytes, signal) => {
    const part = await helpInThread(shared, (file, bytes) => {
      begun.resolve()
      onBytes(file, bytes)
    }, signal).finally(begun.resolve)
    helped = part.files
    return part
  }
  let opened = 0
  const disk: Disk = {
    ...nodeDisk,
    async open(file, mode) {
      // The thread has much to load, and would find nothing left to do.
      if (++opened > 1) await begun.promise
      return nodeDisk.open(file, mode)
    },
  }
  // So that it opens every file.
  delete disk.readStart
  assert.deepEqual(await diagnoseFiles(disk, files, { helper, helpedBytesMin: 0 }), await diagnoseFiles(nodeDisk, files))
  assert.ok(helped > 0 && helped < files.length)
})

const host = fc.nat(500).map((number) => `host${number}`)
const line = fc.oneof(
  fc.tuple(host, fc.nat(3), fc.nat(450)).map(([name, disk, run]) => `FAIL dumper ${name} /disk${disk} ${20_260_000_000_000 + run} 0 [mesg read: Connection reset by peer]`),
  fc.tuple(host, fc.nat(3)).map(([name, disk]) => `FAIL dumper ${name} /disk${disk} 20261124010203 0 [data timeout]`),
  fc.nat(3).map((number) => `FAIL dumper web /srv 20261124010203 0 [reason ${number} of tomorrow]`),
  fc.constant('driver: send-cmd time 1.000 to dumper0: SHM-DUMP 00-00001 57737 NULL 1 web ffff /srv NODEVICE 0 1970:1:1:0:0:0 GNUTAR'),
  fc.nat(90).map((age) => `driver: result time ${age + 2}.000 from dumper0: FAILED 00-00001 "[mesg read: Connection timed out]"`),
)
const files = fc.array(fc.array(line, { maxLength: 40 }), { maxLength: 60, size: 'max' })

function diagnoseApart(logs: readonly (readonly string[])[], parts: readonly number[]): ReturnType<typeof diagnosisOf> {
  const diagnoses = [0, 1, 2].map(() => new LogDiagnosis())
  for (const [index, lines] of logs.entries()) {
    const diagnosis = diagnoses[parts[index % Math.max(1, parts.length)] ?? 0]
    diagnosis?.beginFile(index)
    for (const [number, text] of lines.entries()) diagnosis?.push(`log ${index}`, number + 1, text)
  }
  return diagnosisOf(diagnoses.map((diagnosis) => diagnosis.part()))
}

test('whoever reads which files, the diagnosis is the same, also where there is more than is kept', () => {
  fc.assert(fc.property(files, fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }), (logs, parts) => {
    assert.deepEqual(diagnoseApart(logs, parts), diagnoseApart(logs, [0]))
  }), { numRuns: 60 })
})

test('a helper that fails ends the diagnosis: what it took was not read', async () => {
  const logs = await recorded('nothing-wrong')
  await assert.rejects(diagnoseFiles(nodeDisk, logs, { helper: () => Promise.reject(new Error('out of memory')), helpedBytesMin: 0 }), /out of memory/)
})

test('when it is cancelled the helper ends as well', async () => {
  const logs = await recorded('nothing-wrong')
  const controller = new AbortController()
  let isEnded = false
  const helper = (_files: unknown, _onBytes: unknown, signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      isEnded = true
      reject(new Error('cancelled'))
    })
    controller.abort()
  })
  const work: Promise<Diagnosis> = diagnoseFiles(nodeDisk, logs, { helper, helpedBytesMin: 0, signal: controller.signal })
  await assert.rejects(work)
  assert.ok(isEnded)
})
