import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import { headerFilterFields } from '../../stream/dump-filters.ts'
import type { DumpOrder } from './contract.ts'
import { dumpHeaderOf } from './dump-header-of.ts'

const run = runId('20260101000000')

function recoverCommand(command: string, filters: Pick<DiskListEntry, 'compress' | 'encrypt'>): string {
  const entry: DiskListEntry = {
    host: 'h', disk: 'db', device: 'db', dumptype: 'd', application: { name: 'command', properties: {} }, ...filters, excludeFiles: [], excludeLists: [], includeFiles: [], includeLists: [],
    listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 1, holding: 'auto', index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [],
  }
  const record: DumpOrder['record'] = { id: dumpId(run, 'h', 'db', 0), run, host: 'h', disk: 'db', level: 0, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
  const order: DumpOrder = { configName: 'c', run, entry, level: 0, baseRun: undefined, expectedBytes: undefined, to: 'holding', record, connectTimeoutMs: 1, dataTimeoutMs: 1 }
  return dumpHeaderOf(order, { RECOVER_CMD: command }, headerFilterFields(filters.compress, filters.encrypt), '').recoverCommand
}

test('a restore command that is a pipe stays whole; only what undoes the filters of the client is taken off', () => {
  const none = { kind: 'none' } as const
  const encrypt = { kind: 'custom', where: 'client', program: '/c', decryptOption: '-d' } as const
  assert.equal(recoverCommand('gunzip | psql', { compress: none, encrypt: none }), 'gunzip | psql')
  assert.equal(recoverCommand('gunzip | psql', { compress: { kind: 'zstd', where: 'server', level: 1 }, encrypt: none }), 'gunzip | psql')
  assert.equal(recoverCommand('/bin/gzip -dc |gunzip | psql', { compress: { kind: 'gzip', where: 'client', level: 1 }, encrypt: none }), 'gunzip | psql')
  assert.equal(recoverCommand('/c -d | /bin/gzip -dc |/bin/tar -xpGf - ...', { compress: { kind: 'gzip', where: 'client', level: 1 }, encrypt }), '/bin/tar -xpGf - ...')
  // A client that does not name its filters.
  assert.equal(recoverCommand('/bin/tar -xpGf - ...', { compress: { kind: 'gzip', where: 'client', level: 1 }, encrypt }), '/bin/tar -xpGf - ...')
})
