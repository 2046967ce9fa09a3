// What recovery reads: the catalog, trees of disks at dates, and the stores that dumps are in. Opened once for a command or a shell; the catalog is asked anew
// each time, so that a shell sees dumps that are made meanwhile.

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
import type { CliContext } from '../context.ts'
import { browsePlace } from '../vault/browse-place.ts'
import { vaultStoreOf, type ReadVault } from '../vault/vault-store.ts'

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

export class RecoverSource implements AsyncDisposable {
  readonly config: ResolvedConfig
  readonly stores: DumpStores
  readonly #catalog: CatalogReader & AsyncDisposable
  readonly #vault: ReadVault | undefined
  readonly #index: IndexPlace
  readonly #trees = new Map<string, TreeAt>()

  private constructor(context: CliContext, config: ResolvedConfig, catalog: CatalogReader & AsyncDisposable, allowPrograms: readonly string[]) {
    this.config = config
    this.#catalog = catalog
    this.#vault = vaultStoreOf(context, config)
    this.stores = {
      catalog,
      vault: this.#vault,
      holding: createHoldingArea(context.disk, config.holdingDisks, silentLog),
      changers: [changerOf(context.disk, config.storage)],
      permits: permitPrograms(config.disklist, allowPrograms),
    }
    this.#index = browsePlace(context, this.stores, serverLayout(config).indexDir)
  }

  /** Rejects with `file-missing` when there is no catalog. */
  static async open(context: CliContext, config: ResolvedConfig, allowPrograms: readonly string[]): Promise<RecoverSource> {
    const { catalogFile } = serverLayout(config)
    if ((await context.disk.stat(catalogFile)) === undefined) {
      throw new Fault('file-missing', `there is no catalog at ${catalogFile}`, { next: 'Make a first dump with `holdfast dump`, or rebuild a lost catalog with `holdfast catalog rebuild`.' })
    }
    // A command that is over in a moment would wait longer for a thread than for the catalog.
    return new RecoverSource(context, config, inPlaceCatalog(new SqliteCatalog(catalogFile)), allowPrograms)
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
    await this.#vault?.[Symbol.asyncDispose]()
    await this.#catalog[Symbol.asyncDispose]()
  }
}

function notFound(code: 'host-unknown' | 'dump-missing', message: string, name: string, known: readonly string[]): Fault {
  const near = nearestWord(name, known)
  return new Fault(code, message, { next: near !== undefined ? `Did you mean ${near}?` : known.length === 0 ? 'Nothing has been dumped yet: `holdfast dump`.' : `There are: ${known.slice(0, 20).join(', ')}.` })
}
