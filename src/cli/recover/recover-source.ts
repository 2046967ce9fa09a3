// What recovery reads: the catalog, trees of disks at dates, and the stores that dumps are in. Opened once for a command or a shell; the catalog of a server is asked anew
// each time, so that a shell sees dumps that are made meanwhile. Of a vault alone it has the dumps that were there when it was opened.

import { inPlaceCatalog, SqliteCatalog } from '../../catalog/sqlite.ts'
import type { CatalogReader, DumpRecord, RunId } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import { nearestWord } from '../../config/nearest.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import type { IndexPlace } from '../../restore/browse.ts'
import type { DumpStores } from '../../restore/fetch.ts'
import { planRestore } from '../../restore/plan.ts'
import { restorableChains } from '../../restore/recover/versions.ts'
import { openTreeAt, type TreeAt } from '../../restore/tree-at.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { changerOf } from '../../storage/changer-of.ts'
import { permitPrograms } from '../../stream/permitted-programs.ts'
import type { Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { namesVault, openDumpSource } from '../dump-source.ts'
import { browsePlace } from '../vault/browse-place.ts'
import { vaultStoreOf } from '../vault/vault-store.ts'

export type Chain = readonly DumpRecord[]

/** A disk as it was. The tree is the source's: who asked for it does not close it. */
export interface Place {
  readonly host: string
  readonly disk: string
  readonly chain: Chain
  readonly tree: TreeAt
}

/** Open trees that are kept: two are compared by `diff`, and one is where the shell is. */
const TREES_MAX = 3

/** What a source is made of; `close` ends all of it. */
interface SourceParts {
  /** Undefined: a vault alone is read, without a server. */
  readonly config: ResolvedConfig | undefined
  readonly catalog: CatalogReader
  readonly stores: DumpStores
  readonly index: IndexPlace
  readonly close: () => Promise<void>
}

export class RecoverSource implements AsyncDisposable {
  readonly config: ResolvedConfig | undefined
  readonly stores: DumpStores
  readonly #catalog: CatalogReader
  readonly #index: IndexPlace
  readonly #close: () => Promise<void>
  readonly #trees = new Map<string, TreeAt>()

  private constructor({ config, catalog, stores, index, close }: SourceParts) {
    this.config = config
    this.stores = stores
    this.#catalog = catalog
    this.#index = index
    this.#close = close
  }

  /** Of the vault that is named, else of the configuration. Rejects with `file-missing` when there is no catalog. */
  static async open(context: CliContext, given: Given): Promise<RecoverSource> {
    return new RecoverSource(namesVault(context, given) ? await partsOfVault(context, given) : await partsOfServer(context, await needServerConfig(context, given), given.list('allowProgram')))
  }

  async hosts(): Promise<readonly string[]> {
    return [...new Set((await this.#catalog.dumps({ status: 'complete' })).map(({ host }) => host))].toSorted()
  }

  async disks(host: string): Promise<readonly string[]> {
    return [...new Set((await this.#catalog.dumps({ host, status: 'complete' })).map(({ disk }) => disk))].toSorted()
  }

  /** Throws `host-unknown` with the nearest name. */
  async needHost(host: string): Promise<void> {
    const hosts = await this.hosts()
    if (!hosts.includes(host)) throw notFound('host-unknown', `there is no dump of a host ${host}`, host, hosts)
  }

  /** Throws `dump-missing` with the nearest name. */
  async needDisk(host: string, disk: string): Promise<void> {
    await this.needHost(host)
    const disks = await this.disks(host)
    if (!disks.includes(disk)) throw notFound('dump-missing', `there is no dump of a disk ${disk} of ${host}`, disk, disks)
  }

  /** The dumps of each date that can be restored, oldest first. */
  async chains(host: string, disk: string): Promise<readonly Chain[]> {
    return restorableChains(await this.#catalog.dumps({ host, disk }), host, disk)
  }

  async chainAt(host: string, disk: string, notAfter: RunId | undefined): Promise<Chain> {
    const dumps = await this.#catalog.dumps({ host, disk })
    if (!dumps.some(({ status }) => status === 'complete')) await this.needDisk(host, disk)
    return planRestore(dumps, { host, disk, ...(notAfter === undefined ? {} : { notAfter }) })
  }

  async placeAt(host: string, disk: string, notAfter: RunId | undefined): Promise<Place> {
    const chain = await this.chainAt(host, disk, notAfter)
    return { host, disk, chain, tree: await this.#tree(chain) }
  }

  /** A tree of its own, which the caller closes. */
  openTree(chain: Chain): Promise<TreeAt> {
    return openTreeAt(this.#index, chain)
  }

  async #tree(chain: Chain): Promise<TreeAt> {
    const key = chain.map(({ id }) => id).join(' ')
    const open = this.#trees.get(key) ?? (await this.openTree(chain))
    this.#trees.delete(key)
    this.#trees.set(key, open)
    for (const [oldest, tree] of this.#trees) {
      if (this.#trees.size <= TREES_MAX) break
      this.#trees.delete(oldest)
      await tree[Symbol.asyncDispose]()
    }
    return open
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tree of this.#trees.values()) await tree[Symbol.asyncDispose]()
    await this.#close()
  }
}

async function partsOfVault(context: CliContext, given: Given): Promise<SourceParts> {
  const source = await openDumpSource(context, given)
  return { config: undefined, catalog: source.catalog, stores: source.stores, index: source.index, close: async () => await source[Symbol.asyncDispose]() }
}

async function partsOfServer(context: CliContext, config: ResolvedConfig, allowPrograms: readonly string[]): Promise<SourceParts> {
  const { catalogFile, indexDir } = serverLayout(config)
  if ((await context.disk.stat(catalogFile)) === undefined) {
    throw new Fault('file-missing', `there is no catalog at ${catalogFile}`, { next: 'Make a first dump with `holdfast dump`, or rebuild a lost catalog with `holdfast catalog rebuild`.' })
  }
  // A command that is over in a moment would wait longer for a thread than for the catalog.
  const catalog = inPlaceCatalog(new SqliteCatalog(catalogFile))
  const vault = vaultStoreOf(context, config)
  const stores: DumpStores = {
    catalog,
    vault,
    holding: createHoldingArea(context.disk, config.holdingDisks, silentLog),
    changers: [changerOf(context.disk, config.storage)],
    permits: permitPrograms(config.disklist, allowPrograms),
  }
  const close = async (): Promise<void> => {
    await vault?.[Symbol.asyncDispose]()
    await catalog[Symbol.asyncDispose]()
  }
  return { config, catalog, stores, index: browsePlace(context, stores, indexDir), close }
}

function notFound(code: 'host-unknown' | 'dump-missing', message: string, name: string, known: readonly string[]): Fault {
  const near = nearestWord(name, known)
  return new Fault(code, message, { next: near !== undefined ? `Did you mean ${near}?` : known.length === 0 ? 'Nothing has been dumped yet: `holdfast dump`.' : `There are: ${known.slice(0, 20).join(', ')}.` })
}
