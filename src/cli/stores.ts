// What the reading commands (ls, find, report, restore, verify) open: catalog, holding disk and volumes of a configuration. They read
// beside a running server; SQLite's WAL and the holding disk's names make that safe. No link waits for them, so the catalog has no thread of its own.

import { inPlaceCatalog, SqliteCatalog } from '../catalog/sqlite.ts'
import type { Catalog } from '../catalog/contract.ts'
import { serverLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { Fault } from '../kernel/fault.ts'
import type { Log } from '../kernel/log.ts'
import type { DumpStores } from '../restore/fetch.ts'
import { createHoldingArea } from '../storage/holding/holding-area.ts'
import { changerOf } from '../storage/changer-of.ts'
import { permitPrograms } from '../stream/permitted-programs.ts'
import type { CliContext } from './context.ts'
import { vaultStoreOf } from './vault/vault-store.ts'

export interface OpenStores extends DumpStores, AsyncDisposable {
  readonly catalog: Catalog
}

/** The catalog; `file-missing` when there is none yet. */
export async function openCatalog(context: CliContext, config: ResolvedConfig): Promise<Catalog> {
  const { catalogFile } = serverLayout(config)
  if ((await context.disk.stat(catalogFile)) === undefined) {
    throw new Fault('file-missing', `there is no catalog at ${catalogFile}`, { next: 'Make a first dump with `holdfast dump`, or rebuild a lost catalog with `holdfast catalog rebuild`.' })
  }
  return inPlaceCatalog(new SqliteCatalog(catalogFile))
}

/** The catalog; an empty one, with a word of it, when there is none: what looks for faults has something to say all the same. */
export async function openCatalogOrNone(context: CliContext, config: ResolvedConfig): Promise<Catalog> {
  const { catalogFile } = serverLayout(config)
  if ((await context.disk.stat(catalogFile)) !== undefined) return inPlaceCatalog(new SqliteCatalog(catalogFile))
  context.streams.err(`holdfast: there is no catalog at ${catalogFile}, so no dump is known; \`holdfast catalog rebuild\` makes a lost one again\n`)
  return inPlaceCatalog(new SqliteCatalog(':memory:'))
}

/** `allowPrograms`: what the operator lets headers name besides the well-known programs and those of the configuration. */
export async function openStores(context: CliContext, config: ResolvedConfig, log: Log, allowPrograms: readonly string[] = []): Promise<OpenStores> {
  const catalog = await openCatalog(context, config)
  const vault = vaultStoreOf(context, config)
  return {
    catalog,
    vault,
    holding: createHoldingArea(context.disk, config.holdingDisks, log),
    changers: [changerOf(context.disk, config.storage)],
    permits: permitPrograms(config.disklist, allowPrograms),
    async [Symbol.asyncDispose]() {
      await vault?.[Symbol.asyncDispose]()
      await catalog[Symbol.asyncDispose]()
    },
  }
}
