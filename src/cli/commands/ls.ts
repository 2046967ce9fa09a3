// `holdfast ls [HOST [DISK [PATH]]]` and `holdfast find HOST DISK PATTERN`: what is backed up, down to single names. Names are bytes; what is
// not UTF-8 is shown with replacement characters, and `--json` has them as they can be shown.

import { IndexReader } from '../../catalog/index-file/index-reader.ts'
import { indexPath } from '../../catalog/index-file/index-format.ts'
import type { Catalog, DumpRecord } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { formatSize } from '../../config/units.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { planRestore } from '../../restore/plan.ts'
import type { CommandSpec, Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { namePattern } from '../name-pattern.ts'
import { showResult } from '../output.ts'
import { formatRun } from '../report/report-text.ts'
import { parseRunDate } from '../run-date.ts'
import { openCatalog } from '../stores.ts'
import { formatTable, printable } from '../text-table.ts'

const DUMP_COLUMNS = [{ title: 'DATE' }, { title: 'HOST' }, { title: 'DISK' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'STATE' }] as const

function textOf(line: string): string {
  return Buffer.from(line, 'latin1').toString('utf8')
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

async function openIndex(context: CliContext, config: ResolvedConfig, dump: DumpRecord): Promise<IndexReader> {
  const path = indexPath(serverLayout(config).indexDir, dump)
  try {
    return await IndexReader.open(context.disk, path)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
    throw new Fault('file-missing', `the dump of ${dump.host} ${dump.disk} of ${dump.run} has no index`, { next: 'Restore the disk without naming paths, or rebuild with `holdfast catalog rebuild`.' })
  }
}

function notAfterOf(context: CliContext, given: Given): { readonly notAfter: ReturnType<typeof parseRunDate> } | Record<string, never> {
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

/** What lies directly in `directory` after the chain of dumps: the newest dump that has the directory says it. */
async function listNames(context: CliContext, given: Given, config: ResolvedConfig, dumps: readonly DumpRecord[], directory: string): Promise<number> {
  const names = new Set<string>()
  const prefix = bytesOf(`/${directory.split('/').filter((part) => part !== '' && part !== '.').join('/')}`)
  for (const dump of dumps.toReversed()) {
    await using index = await openIndex(context, config, dump)
    for await (const line of index.list(prefix)) names.add(textOf(line))
  }
  if (names.size === 0) throw new Fault('file-missing', `there is no ${directory} in the dumps`, { next: '`holdfast find` looks for a name in all directories.' })
  const sorted = [...names].toSorted((a, b) => (a < b ? -1 : 1))
  showResult(context.streams, given.isJson, sorted, (lines) => lines.map((line) => `${printable(line)}\n`).join(''))
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
  details: ['PATTERN is compared with the last part of each name, or with the whole path when it has a slash. `*` and `?` stand for any characters and one.'],
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
    const dumps = await catalog.dumps({ status: 'complete', ...notAfterOf(context, given), ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) })
    const matches = namePattern(pattern)
    let count = 0
    for (const dump of dumps) {
      let index: IndexReader
      try {
        index = await openIndex(context, config, dump)
      } catch (error) {
        if (error instanceof Fault && error.code === 'file-missing') continue
        throw error
      }
      await using open = index
      for await (const line of open.linesFrom()) {
        if (context.signal.aborted) return exitCode('interrupted')
        const path = textOf(line)
        if (!matches(path)) continue
        count++
        const found: FoundName = { path, host: dump.host, disk: dump.disk, run: dump.run, level: dump.level }
        // One line a name, so that memory stays bounded whatever is found.
        context.streams.out(given.isJson ? `${JSON.stringify(found)}\n` : `${formatRun(found.run)} ${printable(`${found.host} ${found.disk} ${found.level} ${path}`)}\n`)
      }
    }
    if (count === 0) throw new Fault('file-missing', `no dump has a name like ${pattern}`, { next: 'Use `*` for any characters, as in `*.odt`.' })
    return exitCode('ok')
  },
}
