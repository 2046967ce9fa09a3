// Where a reading command finds dumps: in what the configuration of a server names, or in a vault alone, for which no server and no configuration is needed.

import type { CatalogReader } from '../catalog/contract.ts'
import { serverLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import type { IndexPlace } from '../restore/browse.ts'
import type { DumpStores } from '../restore/fetch.ts'
import { catalogOfVault } from '../restore/vault-catalog.ts'
import type { VaultDump } from '../storage/vault/contract.ts'
import { createHoldingArea } from '../storage/holding/holding-area.ts'
import { permitPrograms } from '../stream/permitted-programs.ts'
import type { StagingJournal } from '../stream/staging-journal.ts'
import type { Given } from './command-line.ts'
import { needServerConfig, type CliContext } from './context.ts'
import { openLog } from './log.ts'
import { placesOf } from './machine.ts'
import { openStores } from './stores.ts'
import { sweptJournal } from './swept-journal.ts'
import { printable } from './text-table.ts'
import { browsePlace } from './vault/browse-place.ts'
import { openVaultHere } from './vault/open-vault.ts'
import { vaultDirectoryOf, vaultOpenerOf } from './vault/vault-opener.ts'

export interface DumpSource extends AsyncDisposable {
  readonly stores: DumpStores
  readonly catalog: CatalogReader
  readonly index: IndexPlace
  readonly journal: StagingJournal | undefined
  /** Of a vault alone, newest first. */
  readonly vaultDumps: readonly VaultDump[] | undefined
}

/** The vault of `--vault`, or of the environment when no configuration is named. */
export function namesVault(context: CliContext, given: Given): boolean {
  return given.text('vault') !== undefined || (given.config === undefined && vaultDirectoryOf(context, given) !== undefined)
}

export async function openDumpSource(context: CliContext, given: Given): Promise<DumpSource> {
  if (namesVault(context, given)) return await openVaultSource(context, given, vaultDirectoryOf(context, given) ?? '')
  const config: ResolvedConfig = await needServerConfig(context, given)
  const log = openLog({ isVerbose: given.isVerbose, ...(given.isVerbose ? { plain: context.streams.err } : {}) })
  const stores = await openStores(context, config, log, given.list('allowProgram'))
  const journal = await sweptJournal(context, config, (line) => context.streams.err(`${printable(line)}\n`))
  return { stores, catalog: stores.catalog, index: browsePlace(context, stores, serverLayout(config).indexDir), journal, vaultDumps: undefined, [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose]() }
}

async function openVaultSource(context: CliContext, given: Given, directory: string): Promise<DumpSource> {
  const here = await openVaultHere(context, directory, await vaultOpenerOf(context, given, directory), 'read')
  try {
    const vaultDumps = await here.vault.dumps()
    const catalog = catalogOfVault(vaultDumps)
    const stores: DumpStores = { catalog, vault: here.dumps, changers: [], holding: createHoldingArea(context.disk, [], openLog({ isVerbose: false })), permits: permitPrograms([], given.list('allowProgram')) }
    return { stores, catalog, index: browsePlace(context, stores, `${placesOf(context.machine).server.cache}/vaults/${here.config.id}`), journal: undefined, vaultDumps, [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() }
  } catch (error) {
    await here[Symbol.asyncDispose]()
    throw error
  }
}
