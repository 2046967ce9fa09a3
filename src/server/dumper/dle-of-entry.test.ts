import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskListEntry } from '../../config/resolved.ts'
import { runId } from '../../catalog/ids.ts'
import { dleOfEntry } from './dle-of-entry.ts'

const ENTRY: DiskListEntry = {
  host: 'h', disk: '/home', device: '/home', dumptype: 'd', application: { name: 'gnutar', properties: { 'default-excludes': ['no'] } }, compress: { kind: 'none' }, encrypt: { kind: 'none' }, excludeFiles: [], excludeLists: [], includeFiles: [], includeLists: [],
  listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 1, holding: 'auto', index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [],
}
const BASE = runId('20260101000000')

test('a stock client is asked in its own words, an agent in ours', () => {
  const own = dleOfEntry(ENTRY, [1], BASE)
  assert.deepEqual([own.program, own.application?.plugin, own.auth, own.baseRun, own.properties.map(({ name }) => name)], ['APPLICATION', 'gnutar', undefined, BASE, ['index-attributes']])
  const stock = dleOfEntry({ ...ENTRY, auth: 'bsdtcp' }, [1], BASE)
  assert.deepEqual([stock.program, stock.application, stock.auth, stock.baseRun, stock.properties], ['GNUTAR', undefined, 'bsdtcp', undefined, []])
  const amgtar = dleOfEntry({ ...ENTRY, auth: 'bsd', application: { name: 'amgtar', properties: { sparse: ['yes'] } } }, [0])
  assert.deepEqual([amgtar.program, amgtar.application], ['APPLICATION', { plugin: 'amgtar', properties: [{ name: 'sparse', values: ['yes'] }] }])
})

test('gzip has two levels for a stock client, who is told of it on the server as well', () => {
  const compressOf = (compress: DiskListEntry['compress']): unknown => dleOfEntry({ ...ENTRY, auth: 'bsdtcp', compress }, [0]).compress
  assert.deepEqual(compressOf({ kind: 'gzip', where: 'client', level: 1 }), { kind: 'fast' })
  assert.deepEqual(compressOf({ kind: 'gzip', where: 'client', level: 9 }), { kind: 'best' })
  assert.deepEqual(compressOf({ kind: 'gzip', where: 'server', level: 1 }), { kind: 'server-fast' })
  assert.deepEqual(compressOf({ kind: 'gzip', where: 'server', level: 6 }), { kind: 'server-best' })
  assert.deepEqual(compressOf({ kind: 'zstd', where: 'server', level: 3 }), { kind: 'none' })
  assert.deepEqual(compressOf({ kind: 'custom', where: 'server', program: '/bin/pigz' }), { kind: 'server-custom', program: '/bin/pigz' })
  assert.deepEqual(compressOf({ kind: 'custom', where: 'client', program: '/bin/pigz' }), { kind: 'custom', program: '/bin/pigz' })
})
