// `holdfast ls [HOST [DISK [PATH]]]` and `holdfast find PATTERN [HOST [DISK]]`: what is backed up, down to single names. A name that is
// UTF-8 is shown as text, any other as the index holds it, with its bytes escaped (docs/formats/index-file.md).

import type { CatalogReader, DumpRecord, RunId } from '../../catalog/contract.ts'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { findNames, type IndexPlace } from '../../restore/browse.ts'
import { planRestore } from '../../restore/plan.ts'
import { bytesOfIndexPath } from '../../restore/recover/tree-path.ts'
import { openTreeAt, type TreeEntry } from '../../restore/tree-at.ts'
import { escapeName } from '../../wire/tar/index-line.ts'
import type { CommandBody, Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { entryJson, longLine, type EntryJson } from '../recover/entry-text.ts'
import { shownName } from '../shown-name.ts'
import { showResult } from '../output.ts'
import { formatRun } from '../run-text.ts'
import { parseRunDate } from '../run-date.ts'
import { openDumpSource } from '../dump-source.ts'
import { formatTable, printable } from '../text-table.ts'
import { diskPlaceOf } from '../vault/disk-place.ts'
import { VAULT_OPTIONS } from '../vault/vault-opener.ts'
import { formatVaultDumps } from '../vault/vault-text.ts'

const DUMP_COLUMNS = [{ title: 'DATE' }, { title: 'HOST' }, { title: 'DISK' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'STATE' }] as const

function notAfterOf(context: CliContext, given: Given): { readonly notAfter?: RunId } {
  const at = given.text('at')
  return at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }
}

async function chain(catalog: CatalogReader, context: CliContext, given: Given, host: string, disk: string): Promise<readonly DumpRecord[]> {
  return planRestore(await catalog.dumps({ host, disk }), { host, disk, ...notAfterOf(context, given) })
}

async function listDumps(context: CliContext, given: Given, catalog: CatalogReader, host: string | undefined, disk: string | undefined): Promise<number> {
  const dumps = await catalog.dumps({ ...notAfterOf(context, given), ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) })
  const kept = dumps.filter((dump) => dump.status === 'complete' || dump.status === 'partial')
  if (kept.length === 0 && host !== undefined) throw new Fault('dump-missing', `there is no dump of ${host}${disk === undefined ? '' : ` ${disk}`}`, { next: '`holdfast ls` lists what there is.' })
  showResult(context.streams, given.isJson, kept, (rows) =>
    formatTable(DUMP_COLUMNS, rows.map((dump) => [formatRun(dump.run), dump.host, dump.disk, String(dump.level), formatSize(dump.nativeBytes), stateOf(dump)])),
  )
  return exitCode('ok')
}

function stateOf({ status, manifest, holdingPath }: DumpRecord): string {
  if (status === 'partial') return 'partial'
  if (manifest !== undefined) return 'in the vault'
  return holdingPath === undefined ? 'on volumes' : 'on holding disk'
}

/** Names of one directory that are shown at most. */
const NAMES_MAX = 1_000_000

async function listNames(context: CliContext, given: Given, index: IndexPlace, dumps: readonly DumpRecord[], directory: string): Promise<number> {
  const wanted = `/${directory.split('/').filter((part) => part !== '' && part !== '.').join('/')}`
  await using tree = await openTreeAt(index, dumps)
  const entries: TreeEntry[] = []
  let isCut = false
  for await (const entry of tree.list(escapeName(Buffer.from(wanted).toString('latin1')))) {
    if ((isCut = entries.length >= NAMES_MAX)) break
    entries.push(entry)
  }
  if (entries.length === 0) {
    if (tree.withoutIndex.length > 0) throw new Fault('file-missing', 'the dumps have no index', { next: 'Restore without naming paths, or make the index again with `holdfast catalog rebuild`.' })
    throw new Fault('file-missing', `there is no ${wanted} in the dumps`, { next: '`holdfast find` looks for a name in all directories.' })
  }
  if (given.isJson) showResult(context.streams, true, entries.map(jsonOf), () => '')
  else for (const entry of entries) context.streams.out(`${formatRun(entry.dump.run)}  ${given.flag('long') ? longOf(entry) : printable(pathOf(entry))}\n`)
  if (isCut) context.streams.err('holdfast: there are more names than are shown\n')
  return exitCode('ok')
}

/** A directory with a slash at its end. */
function pathOf({ path, kind }: TreeEntry): string {
  return shownName(kind === 'directory' && path !== '/' ? `${path}/` : path)
}

function longOf(entry: TreeEntry): string {
  return longLine(entry, bytesOfIndexPath(entry.path))
}

function jsonOf(entry: TreeEntry): EntryJson {
  return { ...entryJson(entry), path: pathOf(entry) }
}

const LONG_OPTION = { flags: '-l, --long', text: 'with kind, mode, owner, size and time, where the dump’s index tells them' } as const
const AT_OPTION = { flags: '--at DATE', text: 'the state at that date instead of the newest' } as const

export const lsCommand: CommandBody = {
  details: ['With HOST and DISK alone the dumps of the disk are listed, with a PATH what lies directly in that directory of the disk. What was deleted or renamed between the levels is shown as it was at the date, for dumps whose index tells it; with the index of a stock client, deleted names are listed until the next full dump. With --long all that is known of each name is shown, with --json all fields.'],
  args: [
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK]', text: 'only this disk' },
    { name: '[PATH]', text: 'directory of the disk, from its top: /' },
  ],
  options: [LONG_OPTION, AT_OPTION, ...VAULT_OPTIONS],
  examples: [
    { line: 'holdfast ls', text: 'all dumps' },
    { line: 'holdfast ls /home/alice --vault /mnt/backup/vault', text: 'a directory in the newest dump of a vault' },
    { line: 'holdfast ls laptop /home /alice', text: 'what is in alice’s home' },
    { line: 'holdfast ls laptop /home / --at yesterday', text: 'the top of the disk as it was' },
  ],
  async run(context, given) {
    const [host, disk, path] = given.args as readonly (string | undefined)[]
    await using source = await openDumpSource(context, given)
    const { catalog, index, vaultDumps } = source
    if (vaultDumps !== undefined && host !== undefined) {
      const place = diskPlaceOf(vaultDumps, [host, disk, path].filter((word) => word !== undefined), context.machine.hostname)
      return await listNames(context, given, index, await chain(catalog, context, given, place.host, place.disk), place.paths[0] ?? '/')
    }
    if (vaultDumps !== undefined) {
      showResult(context.streams, given.isJson, vaultDumps, formatVaultDumps)
      return exitCode('ok')
    }
    if (host === undefined || disk === undefined || path === undefined) return await listDumps(context, given, catalog, host, disk)
    return await listNames(context, given, index, await chain(catalog, context, given, host, disk), path)
  },
}

export const findCommand: CommandBody = {
  details: ['PATTERN is compared with the last part of each name, or with the whole path when it has a slash. `*` and `?` stand for any characters of one name and for one, `**` also crosses slashes.'],
  args: [
    { name: 'PATTERN', text: 'a name or glob: report.odt, *.jpg, /alice/*/notes' },
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK]', text: 'only this disk' },
  ],
  options: [LONG_OPTION, AT_OPTION, ...VAULT_OPTIONS],
  examples: [
    { line: "holdfast find '*.odt' laptop", text: 'in every dump of one host' },
    { line: 'holdfast find passwd', text: 'anywhere' },
  ],
  async run(context, given) {
    const [pattern = '', host, disk] = given.args as readonly (string | undefined)[]
    await using source = await openDumpSource(context, given)
    const { catalog, index: place } = source
    const { notAfter } = notAfterOf(context, given)
    let count = 0
    for await (const entry of findNames(place, catalog, { pattern: escapeName(Buffer.from(pattern).toString('latin1')), ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) }, context.signal)) {
      const { dump } = entry
      if (notAfter !== undefined && dump.run > notAfter) continue
      count++
      // One line a name, so that memory stays bounded whatever is found.
      const where = printable(`${dump.host}  ${dump.disk}  ${dump.level}`)
      context.streams.out(given.isJson ? `${JSON.stringify({ ...jsonOf(entry), host: dump.host, disk: dump.disk })}\n` : `${formatRun(dump.run)}  ${where}  ${given.flag('long') ? longOf(entry) : printable(pathOf(entry))}\n`)
    }
    if (context.signal.aborted) return exitCode('interrupted')
    if (count === 0) throw new Fault('file-missing', `no dump has a name like ${pattern}`, { next: 'Use `*` for any characters, as in `*.odt`.' })
    return exitCode('ok')
  },
}
