// Power cuts at every disk operation of a dump's way from the holding disk to volumes, on a disk that forgets everything that was not synced, names
// too. What was reported done must be there, nothing that is listed may be damaged, and the next run must succeed without help.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpId, runId } from '../../catalog/ids.ts'
import { SqliteCatalog, inPlaceCatalog } from '../../catalog/sqlite.ts'
import type { Catalog } from '../../catalog/contract.ts'
import { readAll } from '../../kernel/byte-stream.ts'
import { systemClock } from '../../kernel/clock.ts'
import { parentOf, type Disk, type DiskFile } from '../../kernel/disk.ts'
import { silentLog } from '../../kernel/log.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { createVtapeChanger, makeVtapeSlots } from '../../storage/vtape/vtape-changer.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { openRunLog } from './run-log-file.ts'
import { openTapelistFile } from './tapelist-file.ts'
import { createTaper } from './taper.ts'

interface Inode {
  readonly kind: 'file' | 'directory' | 'symlink'
  bytes: Buffer
  synced: Buffer
  /** Directories: names now, and names that are durable. */
  names: Map<string, Inode>
  syncedNames: Map<string, Inode>
}

const inode = (kind: Inode['kind']): Inode => ({ kind, bytes: Buffer.alloc(0), synced: Buffer.alloc(0), names: new Map(), syncedNames: new Map() })
const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

class ForgetfulDisk {
  readonly #root = inode('directory')
  /** Changes until the power fails. */
  changesLeft = Number.POSITIVE_INFINITY
  changes = 0

  powerCut(): void {
    this.changesLeft = Number.POSITIVE_INFINITY
    const visit = (node: Inode): void => {
      node.bytes = Buffer.from(node.synced)
      node.names = new Map(node.syncedNames)
      for (const child of node.names.values()) visit(child)
    }
    visit(this.#root)
  }

  #find(path: string): Inode | undefined {
    let at: Inode | undefined = this.#root
    for (const name of path.split('/').filter((part) => part !== '')) at = at?.names.get(name)
    return at
  }

  #dir(path: string): Inode {
    const found = this.#find(path)
    if (found?.kind !== 'directory') throw systemError('ENOENT', path)
    return found
  }

  #change(): void {
    this.changes++
    if (this.changesLeft-- <= 0) throw systemError('EIO', 'the power has failed')
  }

  #file(node: Inode): DiskFile {
    const close = (): Promise<void> => Promise.resolve()
    return {
      read: async (target, position) => node.bytes.copy(target, 0, position),
      write: async (pieces, position) => {
        this.#change()
        const data = Buffer.concat(pieces)
        const grown = Buffer.alloc(Math.max(node.bytes.length, position + data.length))
        node.bytes.copy(grown)
        data.copy(grown, position)
        node.bytes = grown
      },
      truncate: async (bytes) => {
        this.#change()
        node.bytes = Buffer.from(node.bytes.subarray(0, bytes))
      },
      sync: async () => {
        this.#change()
        node.synced = Buffer.from(node.bytes)
        if (node.kind === 'symlink') throw systemError('EINVAL', 'sync')
      },
      size: async () => node.bytes.length,
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  readonly disk: Disk = {
    open: async (path, mode) => {
      const dir = this.#dir(parentOf(path))
      const name = path.slice(path.lastIndexOf('/') + 1)
      let node = dir.names.get(name)
      if (node !== undefined && mode === 'create-new') throw systemError('EEXIST', path)
      if (node === undefined && (mode === 'read' || mode === 'update')) throw systemError('ENOENT', path)
      if (mode === 'create' || mode === 'create-new') this.#change()
      if (node === undefined) dir.names.set(name, (node = inode('file')))
      else if (mode === 'create') node.bytes = Buffer.alloc(0)
      return this.#file(node)
    },
    makeDir: async (path) => {
      let at = this.#root
      for (const name of path.split('/').filter((part) => part !== '')) {
        let next = at.names.get(name)
        if (next === undefined) {
          this.#change()
          at.names.set(name, (next = inode('directory')))
        }
        at = next
      }
    },
    list: async (path) => [...this.#dir(path).names].map(([name, { kind }]) => ({ name, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    stat: async (path) => {
      const node = this.#find(path)
      return node === undefined ? undefined : { kind: node.kind, bytes: node.bytes.length, modifiedMs: 0, mode: 0o600 }
    },
    rename: async (from, to) => {
      const node = this.#find(from)
      if (node === undefined) throw systemError('ENOENT', from)
      this.#change()
      this.#dir(parentOf(from)).names.delete(from.slice(from.lastIndexOf('/') + 1))
      this.#dir(parentOf(to)).names.set(to.slice(to.lastIndexOf('/') + 1), node)
    },
    remove: async (path) => {
      this.#change()
      this.#find(parentOf(path))?.names.delete(path.slice(path.lastIndexOf('/') + 1))
    },
    removeDir: async (path) => {
      this.#change()
      this.#find(parentOf(path))?.names.delete(path.slice(path.lastIndexOf('/') + 1))
    },
    symlink: async (_target, path) => {
      this.#change()
      this.#dir(parentOf(path)).names.set(path.slice(path.lastIndexOf('/') + 1), inode('symlink'))
    },
    readLink: async (path) => path,
    syncDir: async (path) => {
      this.#change()
      const dir = this.#dir(path)
      dir.syncedNames = new Map(dir.names)
    },
    space: async () => ({ totalBytes: 1e9, freeBytes: 1e9 }),
  }
}

const KIB = 1024
const DATA = Buffer.alloc(200 * KIB, 'a dump that must not be lost ')
const CRC = ((): string => {
  const crc = new RunningCrc32c()
  crc.update(DATA)
  return crc.text()
})()
const STORAGE = {
  name: 'st', kind: 'vtape', directory: '/v', slotCount: 4, volumeBytes: 260 * KIB, partBytes: 64 * KIB, labelTemplate: 'C-%', autolabel: { empty: true, foreign: false }, volumesPerRun: 2,
  retainVolumes: 0, retainDays: 0, retainFulls: 1,
} as const
const header = (run: string) => ({
  kind: 'file', datestamp: run, host: 'h', disk: '/d', level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '',
  uncompressCommand: '', recoverCommand: 'tar',
} as const)
const holdingOn = (disk: Disk): ReturnType<typeof createHoldingArea> => createHoldingArea(disk, [{ directory: '/h', useBytes: 1e9, chunkBytes: 96 * KIB }], silentLog)

interface Reported {
  held?: string
  taped?: boolean
}

async function oneRun(disk: Disk, catalog: Catalog, run: string, reported: Reported): Promise<void> {
  const holding = holdingOn(disk)
  const writer = await holding.create(header(run))
  await writer.write(DATA.subarray(0, 150 * KIB))
  await writer.sync()
  await writer.write(DATA.subarray(150 * KIB))
  const held = await writer.finish({ originalKib: 200, nativeCrc: CRC, clientCrc: CRC, serverCrc: CRC })
  reported.held = held.path
  await tapeHeld(disk, catalog, run, run, held.path, reported)
}

async function tapeHeld(disk: Disk, catalog: Catalog, run: string, dumpRun: string, path: string, reported: Reported): Promise<void> {
  const runLog = await openRunLog(disk, '/l', run)
  const taper = createTaper({
    run: runId(run), organisation: 'o', configName: 'c', storage: STORAGE, changer: createVtapeChanger(disk, STORAGE), catalog, holding: holdingOn(disk), runLog, disk, clock: systemClock, log: silentLog,
    tapelist: openTapelistFile(disk, '/l/tapelist', 1), cacheDir: '/l', tapePartials: true, onEvent: () => undefined,
  })
  const record = { id: dumpId(runId(dumpRun), 'h', '/d', 0), run: runId(dumpRun), host: 'h', disk: '/d', level: 0, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 } as const
  const outcome = await taper.tape({ source: { kind: 'holding', path }, record }, new AbortController().signal)
  if (outcome.kind === 'taped') reported.taped = true
  else throw outcome.kind === 'failed' ? outcome.fault : new Error(outcome.reason)
}

/** Every dump the catalog lists can be read from the volumes, byte for byte. Returns how many. */
async function checkVolumes(disk: Disk, catalog: Catalog): Promise<number> {
  const changer = createVtapeChanger(disk, STORAGE)
  const dumps = (await catalog.dumps()).filter(({ status }) => status === 'complete')
  for (const dump of dumps) {
    const pieces: Uint8Array[] = []
    for (const part of await catalog.parts(dump.id)) {
      for (const slot of await changer.slots()) {
        const device = await changer.device(slot)
        const state = await device.state()
        if (state.kind !== 'labelled' || state.label !== part.label) continue
        await using reader = await device.openPart(part.fileNumber)
        if (reader !== undefined) pieces.push(await readAll(reader.read(), 1e6))
      }
    }
    assert.ok(Buffer.concat(pieces).equals(DATA), `${dump.id} is listed and cannot be read`)
  }
  return dumps.length
}

async function prepared(): Promise<{ forgetful: ForgetfulDisk; catalog: Catalog }> {
  const forgetful = new ForgetfulDisk()
  for (const dir of ['/h', '/l']) await forgetful.disk.makeDir(dir)
  await makeVtapeSlots(forgetful.disk, STORAGE, true)
  await forgetful.disk.syncDir('/')
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  // Volumes of earlier runs, so that the cut hits reuse as well.
  for (const run of ['20261101000000', '20261102000000']) await oneRun(forgetful.disk, catalog, run, {})
  forgetful.changes = 0
  return { forgetful, catalog }
}

test('a power cut at any change of the disk loses nothing that was reported, and the next run succeeds', async () => {
  const whole = await prepared()
  await oneRun(whole.forgetful.disk, whole.catalog, '20261103000000', {})
  const total = whole.forgetful.changes
  assert.ok(total > 60, `only ${total} changes`)
  for (let cut = 0; cut < total; cut++) {
    const { forgetful, catalog } = await prepared()
    const { disk } = forgetful
    forgetful.changesLeft = cut
    const reported: Reported = {}
    await assert.rejects(oneRun(disk, catalog, '20261103000000', reported), `cut ${cut}`).catch((error: unknown) => {
      // A cut in the very last clean-up steps comes after the good outcome.
      if (reported.taped !== true) throw error
    })
    forgetful.powerCut()

    const holding = holdingOn(disk)
    await holding.recover(false)
    const { dumps, problems } = await holding.list()
    assert.deepEqual(problems, [], `cut ${cut}`)
    if (reported.held !== undefined && reported.taped !== true) {
      const isTaped = (await catalog.dump(dumpId(runId('20261103000000'), 'h', '/d', 0)))?.status === 'complete'
      assert.ok(isTaped || dumps.some(({ path }) => path === reported.held), `cut ${cut}: the dump was reported held and is gone`)
    }
    for (const dump of dumps) {
      await using reader = await holding.open(dump.path)
      assert.ok(Buffer.from(await readAll(reader.read(), 1e6)).equals(DATA), `cut ${cut}: ${dump.path} is listed and cannot be read`)
    }
    assert.ok((await checkVolumes(disk, catalog)) >= 1, `cut ${cut}: no dump is left`)

    for (const dump of dumps) await tapeHeld(disk, catalog, '20261104000000', dump.header.datestamp, dump.path, {})
    await oneRun(disk, catalog, '20261105000000', {})
    assert.ok((await checkVolumes(disk, catalog)) >= 1)
  }
})
