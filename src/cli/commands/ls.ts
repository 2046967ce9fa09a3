// `holdfast ls [HOST [DISK [PATH]]]` and `holdfast find PATTERN [HOST [DISK]]`: what is backed up, down to single names. A name that is
// UTF-8 is shown as text, any other as the index holds it, with its bytes escaped (docs/formats/index-file.md).

import type { Catalog, DumpRecord, RunId } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { findNames, listDirectory } from '../../restore/browse.ts'
import { planRestore } from '../../restore/plan.ts'
import { escapeName } from '../../wire/tar/index-line.ts'
import type { CommandSpec, Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { shownName } from '../shown-name.ts'
import { showResult } from '../output.ts'
import { formatRun } from '../run-text.ts'
import { parseRunDate } from '../run-date.ts'
import { openCatalog } from '../stores.ts'
import { formatTable, printable } from '../text-table.ts'

const DUMP_COLUMNS = [{ title: 'DATE' }, { title: 'HOST' }, { title: 'DISK' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'STATE' }] as const

function notAfterOf(context: CliContext, given: Given): { readonly notAfter?: RunId } {
  const at = given.text('at')
  return at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }
}

async function chain(catalog: Catalog, context: CliContext, given: Given, host: string, disk: string): Promise<readonly DumpRecord[]> {
  return planRestore(await catalog.dumps({ host, disk }), { host, disk, ...notAfterOf(context, given) })
}

async function listDumps(context: CliContext, given: Given, catalog: Catalog, host: string | undefined, disk: string | undefined): Promise<number> {
  const dumps = await catalog.dumps({ ...notAfterOf(context, given), ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) })
  const kept = dumps.filter((dump) => dump.status === 'complete' || dump.status === 'partial')
  if (kept.length === 0 && host !== undefined) throw new Fault('dump-missing', `there is no dump of ${host}${disk === undefined ? '' : ` ${disk}`}`, { next: '`holdfast ls` lists what there is.' })
  showResult(context.streams, given.isJson, kept, (rows) =>
    formatTable(DUMP_COLUMNS, rows.map((dump) => [formatRun(dump.run), dump.host, dump.disk, String(dump.level), formatSize(dump.nativeBytes), dump.status === 'partial' ? 'partial' : dump.holdingPath === undefined ? 'on volumes' : 'on holding disk'])),
  )
  return exitCode('ok')
}

async function listNames(context: CliContext, given: Given, config: ResolvedConfig, dumps: readonly DumpRecord[], directory: string): Promise<number> {
  const wanted = `/${directory.split('/').filter((part) => part !== '' && part !== '.').join('/')}`
  const listing = await listDirectory({ disk: context.disk, directory: serverLayout(config).indexDir }, dumps, escapeName(Buffer.from(wanted).toString('latin1')))
  if (listing.names.length === 0) {
    if (listing.withoutIndex.length > 0) throw new Fault('file-missing', 'the dumps have no index', { next: 'Restore without naming paths, or make the index again with `holdfast catalog rebuild`.' })
    throw new Fault('file-missing', `there is no ${wanted} in the dumps`, { next: '`holdfast find` looks for a name in all directories.' })
  }
  const rows = listing.names.map(({ line, dump }) => ({ path: shownName(line), run: dump.run, level: dump.level }))
  showResult(context.streams, given.isJson, rows, (names) => names.map((name) => `${formatRun(name.run)}  ${printable(name.path)}\n`).join(''))
  if (listing.isCut) context.streams.err('holdfast: there are more names than are shown\n')
  return exitCode('ok')
}

const AT_OPTION = { flags: '--at DATE', text: 'the state at that date instead of the newest' } as const

export const lsCommand: CommandSpec = {
  name: 'ls',
  summary: 'List dumps, or the names in one',
  details: ['With HOST and DISK alone the dumps of the disk are listed, with a PATH what lies directly in that directory of the disk. Names that incremental dumps saw deleted are listed until the next full dump.'],
  args: [
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK]', text: 'only this disk' },
    { name: '[PATH]', text: 'directory of the disk, from its top: /' },
  ],
  options: [AT_OPTION],
  examples: [
    { line: 'holdfast ls', text: 'all dumps' },
    { line: 'holdfast ls laptop /home /alice', text: 'what is in alice’s home' },
    { line: 'holdfast ls laptop /home / --at yesterday', text: 'the top of the disk as it was' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host, disk, path] = given.args as readonly (string | undefined)[]
    await using catalog = await openCatalog(context, config)
    if (host === undefined || disk === undefined || path === undefined) return await listDumps(context, given, catalog, host, disk)
    return await listNames(context, given, config, await chain(catalog, context, given, host, disk), path)
  },
}

interface FoundName {
  readonly path: string
  readonly host: string
  readonly disk: string
  readonly run: string
  readonly level: number
}

export const findCommand: CommandSpec = {
  name: 'find',
  summary: 'Find names in all dumps',
  details: ['PATTERN is compared with the last part of each name, or with the whole path when it has a slash. `*` and `?` stand for any characters of one name and for one, `**` also crosses slashes.'],
  args: [
    { name: 'PATTERN', text: 'a name or glob: report.odt, *.jpg, /alice/*/notes' },
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK]', text: 'only this disk' },
  ],
  options: [AT_OPTION],
  examples: [
    { line: "holdfast find '*.odt' laptop", text: 'in every dump of one host' },
    { line: 'holdfast find passwd', text: 'anywhere' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [pattern = '', host, disk] = given.args as readonly (string | undefined)[]
    await using catalog = await openCatalog(context, config)
    const place = { disk: context.disk, directory: serverLayout(config).indexDir }
    const { notAfter } = notAfterOf(context, given)
    let count = 0
    for await (const { line, dump } of findNames(place, catalog, { pattern: escapeName(Buffer.from(pattern).toString('latin1')), ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) }, context.signal)) {
      if (notAfter !== undefined && dump.run > notAfter) continue
      count++
      const found: FoundName = { path: shownName(line), host: dump.host, disk: dump.disk, run: dump.run, level: dump.level }
      // One line a name, so that memory stays bounded whatever is found.
      context.streams.out(given.isJson ? `${JSON.stringify(found)}\n` : `${formatRun(found.run)}  ${printable(`${found.host}  ${found.disk}  ${found.level}  ${found.path}`)}\n`)
    }
    if (context.signal.aborted) return exitCode('interrupted')
    if (count === 0) throw new Fault('file-missing', `no dump has a name like ${pattern}`, { next: 'Use `*` for any characters, as in `*.odt`.' })
    return exitCode('ok')
  },
}
