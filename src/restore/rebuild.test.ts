import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { inPlaceCatalog, SqliteCatalog } from '../catalog/sqlite.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { createMemoryVolumes, type MemoryVolumes } from '../../testkit/memory-volumes.ts'
import { MemorySegments } from '../../testkit/memory-segments.ts'
import { makeArchive } from '../../testkit/tar-writer.ts'
import { findNames, openIndex, exportIndex } from './browse.ts'
import { openTreeAt } from './tree-at.ts'
import { rebuildCatalog } from './rebuild.ts'
import { verifyDumps } from './verify.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-rebuild-'))
})
after(() => rmSync(dir, { recursive: true }))

const never = new AbortController().signal
const LEVEL_0 = makeArchive([{ name: './', type: '5' }, { name: './etc/', type: '5' }, { name: './etc/hosts', type: '0', data: 'x'.repeat(250_000) }, { name: './readme', type: '0' }])
const LEVEL_1 = makeArchive([{ name: './', type: '5' }, { name: './etc/', type: '5' }, { name: './etc/new.conf', type: '0' }])

async function fill(): Promise<MemoryVolumes> {
  const volumes = createMemoryVolumes()
  await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/', level: 0, data: LEVEL_0, compress: { kind: 'none' } })
  await volumes.addDump({ run: '20260102000000', host: 'h', disk: '/', level: 1, baseRun: '20260101000000', data: LEVEL_1, compress: { kind: 'gzip', where: 'server', level: 6 } })
  await volumes.addDump({ run: '20260102000000', host: 'h', disk: 'db', level: 0, data: Buffer.from('dump'), application: 'command' })
  return volumes
}

function storesOf(volumes: MemoryVolumes): { catalog: MemoryVolumes['catalog']; holding: MemoryVolumes['holding']; changers: readonly MemoryVolumes['changer'][] } {
  return { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }
}

test('the catalog and the indexes are the same after a rebuild from the volumes', async () => {
  const volumes = await fill()
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const index = { disk: nodeDisk, directory: path.join(dir, 'index') }
  const result = await rebuildCatalog({ changers: [{ storage: 'memory', changer: volumes.changer }], holding: volumes.holding, catalog, index, processes: nodeProcesses, events: () => undefined }, never)
  assert.deepEqual(result.problems, [])
  for (const entry of result.tapelist) assert.deepEqual([entry.blockKib, entry.pool], [32, entry.storage])
  for (const { id, startedMs } of await catalog.runs()) assert.equal(startedMs, new Date(2026, 0, Number(id.slice(6, 8))).getTime())
  assert.deepEqual({ ...result, tapelist: result.tapelist.length }, { volumes: 2, completeDumps: 3, partialDumps: 0, vaultedDumps: 0, indexedDumps: 2, tapelist: 2, problems: [] })
  const before = await volumes.catalog.dumps()
  const rebuilt = await catalog.dumps()
  assert.deepEqual(rebuilt.map(({ id, baseRun, status, storedBytes, nativeBytes, serverCrc }) => ({ id, baseRun, status, storedBytes, nativeBytes, serverCrc })), before.map(({ id, baseRun, status, storedBytes, nativeBytes, serverCrc }) => ({ id, baseRun, status, storedBytes, nativeBytes, serverCrc })))
  assert.equal(rebuilt.find(({ level }) => level === 1)?.baseRun, '20260101000000')
  for (const dump of before) assert.deepEqual(await catalog.parts(dump.id), await volumes.catalog.parts(dump.id))

  const chain = rebuilt.filter((dump) => dump.disk === '/').toReversed()
  await using tree = await openTreeAt(index, chain)
  const listed = async (directory: string): Promise<string[]> => {
    const names: string[] = []
    for await (const { path: at, kind, dump, attributes } of tree.list(directory)) names.push(`${dump.level} ${kind} ${at} ${attributes?.mode.toString(8)}`)
    return names
  }
  assert.deepEqual(await listed('/etc'), ['0 file /etc/hosts 644', '1 file /etc/new.conf 644'])
  assert.deepEqual(await listed('/'), ['1 directory /etc 755', '0 file /readme 644'])
  const found = async (pattern: string): Promise<string[]> => {
    const lines: string[] = []
    for await (const { path: at, kind, dump, attributes } of findNames(index, catalog, { pattern }, never)) {
      assert.ok(attributes !== undefined && attributes.offset !== undefined)
      lines.push(`${dump.level} ${at}${kind === 'directory' ? '/' : ''}`)
    }
    return lines
  }
  assert.deepEqual(await found('*.conf'), ['1 /etc/new.conf'])
  assert.deepEqual(await found('/etc/**'), ['1 /etc/', '1 /etc/new.conf', '0 /etc/', '0 /etc/hosts'])
  assert.deepEqual(await found('etc'), ['1 /etc/', '0 /etc/'])
  const first = chain[0]
  assert.ok(first !== undefined)
  await using reader = await openIndex(index, first)
  assert.ok(reader !== undefined)
  let text = ''
  await exportIndex(reader, (more) => {
    text += more
    return Promise.resolve()
  })
  assert.equal(text, '/\n/etc/\n/etc/hosts\n/readme\n')
})

test('a damaged part makes a verdict, and a rebuild that keeps the dump as partial', async () => {
  const volumes = await fill()
  const tools = { stores: storesOf(volumes), processes: nodeProcesses, events: () => undefined }
  const kinds = async (isNative: boolean): Promise<string[]> => (await verifyDumps(tools, { isNative }, never)).map((verdict) => `${verdict.dump.disk} ${verdict.dump.level} ${verdict.kind === 'bad' ? verdict.fault.code : verdict.kind}`)
  assert.deepEqual(await kinds(true), ['/ 1 good', 'db 0 good', '/ 0 good'])
  const part = volumes.files.get('VOL-2')?.[0]
  assert.ok(part !== undefined)
  part.data = Buffer.from(part.data)
  part.data.writeUInt8(0x21, 1000)
  assert.deepEqual(await kinds(false), ['/ 1 good', 'db 0 good', '/ 0 dump-crc-mismatch'])
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const index = { disk: nodeDisk, directory: path.join(dir, 'damaged') }
  const result = await rebuildCatalog({ changers: [{ storage: 'memory', changer: volumes.changer }], holding: volumes.holding, catalog, index, processes: nodeProcesses, events: () => undefined }, never)
  assert.deepEqual(result.problems.map(({ what, fault }) => `${what}: ${fault.code}`), ['h / level 0 of 20260101000000: dump-crc-mismatch'])
  assert.equal(result.partialDumps, 1)
  assert.deepEqual((await catalog.dumps({ status: 'partial' })).map(({ level }) => level), [0])
  volumes.files.get('VOL-1')?.splice(1, 1)
  assert.deepEqual((await kinds(false)).filter((line) => line.includes('/ 0')), ['/ 0 header-mismatch'])
})

test('a dump that went straight to volumes is whole only with its last part, which alone has the checksums', async () => {
  const volumes = await fill()
  const parts = [volumes.files.get('VOL-1')?.[0], volumes.files.get('VOL-2')?.[0], volumes.files.get('VOL-1')?.[1]]
  for (const part of parts.slice(0, 2)) {
    assert.ok(part?.header.kind === 'split-file' && part.header.disk === '/')
    const { nativeCrc: _native, clientCrc: _client, serverCrc: _server, ...early } = part.header
    part.header = early
  }
  const rebuild = async (name: string): Promise<readonly string[]> => {
    await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
    const index = { disk: nodeDisk, directory: path.join(dir, name) }
    await rebuildCatalog({ changers: [{ storage: 'memory', changer: volumes.changer }], holding: volumes.holding, catalog, index, processes: nodeProcesses, events: () => undefined }, never)
    return (await catalog.dumps({ host: 'h', disk: '/' })).filter(({ level }) => level === 0).map(({ status, serverCrc, faultCode }) => `${status} ${serverCrc === undefined ? 'unproven' : 'proven'} ${faultCode ?? 'good'}`)
  }
  assert.deepEqual(await rebuild('direct'), ['complete proven good'])
  // What a longer attempt that failed left behind is no part of it.
  const last = parts[2]
  assert.ok(last?.header.kind === 'split-file')
  volumes.files.get('VOL-2')?.push({ header: { ...last.header, part: { number: 4, total: -1 } }, data: Buffer.alloc(10) })
  assert.deepEqual(await rebuild('longer'), ['complete proven good'])
  volumes.files.get('VOL-2')?.pop()
  volumes.files.get('VOL-1')?.splice(1, 1)
  assert.deepEqual(await rebuild('cut'), ['partial unproven dump-incomplete'])
})

test('dumps of a vault are listed from their manifests, also those that are on volumes as well; one whose header is none is told', async () => {
  const volumes = await fill()
  const segments = new MemorySegments({ blockBytes: 6000, segmentBytes: 3000, recipeBytes: 900 }, () => 0.5)
  const both = segments.add(LEVEL_0, { host: 'h', disk: '/', run: '20260101000000' })
  const alone = segments.add(LEVEL_0, { host: 'h', disk: 'vaulted', run: '20260103000000' })
  const damaged = { ...segments.add(LEVEL_0, { host: 'h', disk: 'damaged', run: '20260103000000' }), header: 'AMANDA: TAPESTART DATE X TAPE x\n' }
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const index = { disk: nodeDisk, directory: path.join(dir, 'vault') }
  const vault = { dumps: () => Promise.resolve([both, alone, damaged]) }
  const result = await rebuildCatalog({ changers: [{ storage: 'memory', changer: volumes.changer }], holding: volumes.holding, vault, catalog, index, processes: nodeProcesses, events: () => undefined }, never)
  assert.deepEqual(result.problems.map(({ what, fault }) => `${what}: ${fault.code}`), [`manifest ${damaged.manifest}: header-mismatch`])
  assert.deepEqual([result.vaultedDumps, result.completeDumps, result.partialDumps], [2, 4, 0])
  assert.deepEqual((await catalog.dumps()).map(({ run, disk, level, manifest }) => `${run} ${disk} ${level} ${manifest ?? '-'}`).toSorted(), [
    `20260101000000 / 0 ${both.manifest}`,
    '20260102000000 / 1 -',
    '20260102000000 db 0 -',
    `20260103000000 vaulted 0 ${alone.manifest}`,
  ])
  assert.deepEqual((await catalog.runs()).map(({ id }) => id).toSorted(), ['20260101000000', '20260102000000', '20260103000000'])
  // Its parts stay: it can be read from the volumes when the vault is gone.
  const [dump] = await catalog.dumps({ host: 'h', disk: '/' }).then((dumps) => dumps.filter(({ level }) => level === 0))
  assert.ok(dump !== undefined && (await catalog.parts(dump.id)).length > 0)
})
