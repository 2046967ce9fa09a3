import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { MemorySegments } from '../../testkit/memory-segments.ts'
import { createMemoryVolumes } from '../../testkit/memory-volumes.ts'
import { makeArchive } from '../../testkit/tar-writer.ts'
import type { CatalogReader, DumpRecord } from '../catalog/contract.ts'
import { readAll } from '../kernel/byte-stream.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { findNames } from './browse.ts'
import { restoreToDirectory } from './extract.ts'
import type { DumpStores } from './fetch.ts'
import { openMembers } from './members.ts'
import { openTreeAt } from './tree-at.ts'
import { VaultIndexes } from './vault-indexes.ts'
import { recordOfVaultDump } from '../catalog/vault-record.ts'
import { verifyDumps } from './verify.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vaulted-'))
})
after(() => rmSync(dir, { recursive: true }))

const never = new AbortController().signal
const LONG = `./${'deep/'.repeat(60)}end`
const MEMBERS = [
  { name: './', type: '5' },
  { name: './etc/', type: '5' },
  { name: './etc/hosts', type: '0', data: 'hosts\n'.repeat(9000) },
  { name: './etc/zeros', type: '0', data: Buffer.alloc(70_000) },
  { name: './long', type: '0', data: 'x'.repeat(700), pax: { path: LONG.slice(0, 200) } },
  { name: './readme', type: '0', data: 'read me' },
] as const
const ARCHIVE = makeArchive(MEMBERS)

interface Made {
  readonly vault: MemorySegments
  readonly record: DumpRecord
  readonly stores: DumpStores
}

function make(): Made {
  let state = 1
  const vault = new MemorySegments({ blockBytes: 6000, segmentBytes: 3000, recipeBytes: 900 }, () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647)
  // Where members begin is of no matter to a reader: the recipe has their headers as literals here.
  const record = recordOfVaultDump(vault.add(ARCHIVE, { host: 'h', disk: '/d' }, [0, 512, 1024]))
  const volumes = createMemoryVolumes()
  const catalog: CatalogReader = { ...volumes.catalog, dumps: () => Promise.resolve([record]), dump: () => Promise.resolve(record) }
  return { vault, record, stores: { catalog, holding: volumes.holding, changers: [volumes.changer], vault } }
}

test('a dump in a vault is verified, deeply too, and is bad with the name of what is damaged', async () => {
  const { vault, stores } = make()
  const verify = (deep: boolean): ReturnType<typeof verifyDumps> => verifyDumps({ stores, processes: nodeProcesses, events: () => undefined }, { isNative: true, ...(deep ? { deep: { disk: nodeDisk, directory: path.join(dir, 'none') } } : {}) }, never)
  const [good] = await verify(true)
  assert.ok(good?.kind === 'good', JSON.stringify(good))
  assert.deepEqual([good.where, good.bytes, good.members], ['vault', ARCHIVE.length, MEMBERS.length])
  const block = vault.blocks.find(({ kind }) => kind === 'data')
  if (block !== undefined) block.plain[10] = (block.plain[10] ?? 0) ^ 255
  const [bad] = await verify(false)
  assert.ok(bad?.kind === 'bad' && bad.fault.code === 'vault-damaged', JSON.stringify(bad))
  const { record } = make()
  const [gone] = await verifyDumps({ stores: { ...stores, catalog: { ...stores.catalog, dumps: () => Promise.resolve([{ ...record, manifest: 'other' as never }]) } }, processes: nodeProcesses, events: () => undefined }, { isNative: false }, never)
  assert.ok(gone?.kind === 'bad' && gone.fault.code === 'dump-missing')
})

test('a dump in a vault is restored as from a volume', async () => {
  const { record, stores, vault } = make()
  const target = path.join(dir, 'restored')
  const result = await restoreToDirectory({ stores, disk: nodeDisk, processes: nodeProcesses, random: systemRandom, events: () => undefined }, [record], [], target, never)
  assert.deepEqual(result.problems, [])
  assert.equal(readFileSync(path.join(target, 'etc/hosts'), 'utf8'), 'hosts\n'.repeat(9000))
  assert.equal(readFileSync(path.join(target, 'readme'), 'utf8'), 'read me')
  assert.deepEqual(readFileSync(path.join(target, 'etc/zeros')), Buffer.alloc(70_000))
  assert.equal(vault.closed, 1)
})

test('the index of a dump in a vault is made when it is first looked into, from its recipe, and kept', async () => {
  const { record, stores, vault } = make()
  const directory = path.join(dir, 'index')
  let made = 0
  const indexes = new VaultIndexes({ stores, processes: nodeProcesses, random: systemRandom, index: { disk: nodeDisk, directory }, onProgress: () => undefined, onEnd: () => made++ })
  {
    await using tree = await openTreeAt(indexes.place, [record])
    assert.deepEqual(tree.withoutIndex, [])
    const names: string[] = []
    for await (const { path: at, kind, attributes } of tree.list('/etc')) names.push(`${kind} ${at} ${attributes?.size}`)
    assert.deepEqual(names, ['file /etc/hosts 54000', 'file /etc/zeros 70000'])
    const entry = await tree.stat('/readme')
    assert.ok(entry?.attributes?.offset !== undefined)
    const place = { offset: entry.attributes.offset, spanBytes: entry.attributes.spanBytes }
    const wanted = async function* (): AsyncGenerator<typeof place> {
      yield place
    }
    const member = await readAll(await openMembers(stores, record, wanted(), nodeProcesses), 4096)
    assert.ok(Buffer.from(member).includes('read me'))
  }
  const openedBefore = vault.opened.length
  const found: string[] = []
  for await (const { path: at } of findNames(indexes.place, stores.catalog, { pattern: 'e*' }, never)) found.push(at)
  assert.deepEqual(found, ['/etc', `/${LONG.slice(2, 200)}`].filter((name) => /\/e[^/]*$/.test(name)))
  assert.equal(made, 1)
  assert.equal(vault.opened.length, openedBefore)
  assert.deepEqual(readdirSync(path.join(directory, 'h', '%2Fd')), [`${record.run}_0.hfx`])
})
