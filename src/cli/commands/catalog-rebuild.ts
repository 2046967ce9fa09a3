// `holdfast catalog rebuild`: makes the catalog, the indexes and the tapelist again from volumes and holding disk alone. The new catalog
// takes the place of the old one only when it is whole; the old one is kept beside it.

import { openWorkerCatalog } from '../../catalog/worker-catalog.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { parentOf, replaceFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { rebuildCatalog, type RebuildEvent, type RebuildResult } from '../../restore/rebuild.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { changerOf } from '../../storage/changer-of.ts'
import { permitPrograms } from '../../stream/permitted-programs.ts'
import { formatTapelist } from '../../wire/amanda/tapelist.ts'
import { openTapelistFile } from '../../server/taper/tapelist-file.ts'
import { ALLOW_PROGRAM_OPTION, type CommandBody } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { openLog } from '../log.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { printable } from '../text-table.ts'
import { openVaultHere } from '../vault/open-vault.ts'
import { vaultSecretOf } from '../vault/vault-secret.ts'

/** SQLite keeps these beside its file; a new database must not meet those of the old one. */
const SIDE_FILES = ['-wal', '-shm'] as const

const COPY_BYTES = 1024 * 1024

async function removeDatabase(context: CliContext, file: string): Promise<void> {
  for (const name of [file, ...SIDE_FILES.map((suffix) => `${file}${suffix}`)]) await context.disk.remove(name)
}

async function rebuildInto(context: CliContext, config: ResolvedConfig, file: string, allowPrograms: readonly string[], events: (event: RebuildEvent) => void): Promise<RebuildResult> {
  await using catalog = await openWorkerCatalog(file)
  const { storage } = config
  await using vault = storage.kind === 'vault' ? await openVaultHere(context, storage.directory, await vaultSecretOf(context, storage.secret), 'read', { stateDir: config.directories.state }) : undefined
  return await rebuildCatalog(
    {
      changers: [{ storage: config.storage.name, changer: changerOf(context.disk, config.storage) }],
      holding: createHoldingArea(context.disk, config.holdingDisks, openLog({ isVerbose: false })),
      catalog,
      ...(vault === undefined ? {} : { vault: vault.vault }),
      index: { disk: context.disk, directory: serverLayout(config).indexDir },
      processes: context.processes,
      permits: permitPrograms(config.disklist, allowPrograms),
      events,
    },
    context.signal,
  )
}

/** Volumes that must not be reused, comments and barcodes stay: they are known to the old tapelist alone. */
async function writeTapelist(context: CliContext, config: ResolvedConfig, result: RebuildResult): Promise<void> {
  const { tapelistFile } = serverLayout(config)
  const old = await openTapelistFile(context.disk, tapelistFile, process.pid).read().catch(() => [])
  const entries = result.tapelist.map((entry) => {
    const before = old.find(({ label }) => label === entry.label)
    return { config: config.name, ...before, ...entry, isReusable: entry.isReusable && (before?.isReusable ?? true) }
  })
  await replaceFile(context.disk, tapelistFile, Buffer.from(formatTapelist(entries), 'utf8'))
}

async function copyFile(context: CliContext, from: string, to: string): Promise<void> {
  await using source = await context.disk.open(from, 'read')
  await using target = await context.disk.open(to, 'create')
  const piece = Buffer.allocUnsafe(COPY_BYTES)
  for (let at = 0, count = await source.read(piece, at); count > 0; count = await source.read(piece, at)) {
    await target.write([piece.subarray(0, count)], at)
    at += count
  }
  await target.sync()
}

/**
 * There is a catalog under its name at every instant: the old one is copied, not moved, and the new one takes its name in one rename. The old
 * one's log goes first, or it would be applied to the new one; between the two steps the old catalog misses its last changes, which the copy has.
 */
async function replaceCatalog(context: CliContext, file: string, fresh: string): Promise<void> {
  const { disk } = context
  await removeDatabase(context, `${file}.old`)
  for (const suffix of ['', ...SIDE_FILES]) if ((await disk.stat(`${file}${suffix}`)) !== undefined) await copyFile(context, `${file}${suffix}`, `${file}.old${suffix}`)
  await disk.syncDir(parentOf(file))
  for (const suffix of SIDE_FILES) await disk.remove(`${file}${suffix}`)
  await disk.syncDir(parentOf(file))
  await disk.rename(fresh, file)
  await disk.syncDir(parentOf(file))
}

function formatRebuilt(result: RebuildResult): string {
  const problems = result.problems.map(({ what, fault }) => `problem: ${printable(`${what}: ${fault.message}. ${fault.next}`)} [${fault.code}]\n`)
  return `${problems.join('')}Found ${result.completeDumps} complete and ${result.partialDumps} partial dumps on ${result.volumes} volumes, the holding disk and the vault (${result.vaultedDumps}); ${result.indexedDumps} have an index again${result.vaultedDumps === 0 ? '' : ', those of the vault get theirs when they are looked into'}.\n`
}

export const catalogRebuildCommand: CommandBody = {
  details: ['For a server that lost its state. Reads all volumes and the holding disk, so it takes as long as reading them does; of a vault only the manifests. The old catalog is kept as catalog.sqlite.old. The server must not run meanwhile.'],
  options: [ALLOW_PROGRAM_OPTION],
  examples: [{ line: 'holdfast catalog rebuild', text: 'after `holdfast init` on a new machine with the old volumes attached' }],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const client = await findServer(context, config)
    if (client !== undefined) {
      await client[Symbol.asyncDispose]()
      throw new Fault('usage-wrong', 'the server runs and uses the catalog', { next: 'Stop the server first, then rebuild.' })
    }
    const { catalogFile } = serverLayout(config)
    const fresh = `${catalogFile}.new`
    await context.disk.makeDir(parentOf(catalogFile))
    await removeDatabase(context, fresh)
    const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
    try {
      const result = await rebuildInto(context, config, fresh, given.list('allowProgram'), (event) => {
        if (event.kind === 'progress') progress.show({ what: printable(`${event.dump.host}:${event.dump.disk}`), bytes: event.bytes, totalBytes: event.dump.storedBytes })
      })
      progress.clear()
      await writeTapelist(context, config, result)
      await replaceCatalog(context, catalogFile, fresh)
      showResult(context.streams, given.isJson, result, formatRebuilt)
      return exitCode(result.problems.length > 0 ? 'data' : 'ok')
    } finally {
      progress.clear()
    }
  },
}
