// `holdfast import`: the configuration of an Amanda server as a holdfast.yaml. It is read back before it is written, and must mean the same.

import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parseOverride, type Override } from '../../config/amanda/overrides.ts'
import { importYaml } from '../../config/amanda/resolve/import-yaml.ts'
import { formatRemark, severityOf, type AmandaRemark } from '../../config/amanda/resolve/remark.ts'
import type { AmandaResolution } from '../../config/amanda/resolve/resolve-amanda.ts'
import { parseServerConfig } from '../../config/server-config.ts'
import { replaceFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { bytesOf, machineConfigFiles } from '../amanda/amanda-files.ts'
import { loadAmandaServer } from '../amanda/load-amanda-server.ts'
import type { CommandBody, Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { placesOf } from '../machine.ts'
import { formatProblem } from '../output.ts'
import { printable } from '../text-table.ts'

interface ImportResult {
  readonly from: string
  /** Where it was written; left out: nowhere. */
  readonly file?: string
  /** Left out when there are errors. */
  readonly yaml?: string
  readonly remarks: readonly (AmandaRemark & { readonly severity: ReturnType<typeof severityOf> })[]
}

export const importCommand: CommandBody = {
  details: [
    'CONF is the name of a configuration in /etc/amanda, or the path of its directory. Nothing of Amanda is changed. Without --to the holdfast.yaml is printed.',
    'Every setting that has no place in it is named on stderr and at the end of the file, with what became of it; notes, which change no backup, only at the end. What each setting becomes: docs/import.md.',
    'Ends with 0 when all that matters is as in Amanda, with 2 when something is not, with 78 when there can be no configuration; then nothing is written.',
  ],
  args: [{ name: 'CONF', text: 'name or directory of the configuration of Amanda' }],
  options: [
    { flags: '--to FILE', text: 'write it there' },
    { flags: '--force', text: 'write over a file that is there' },
    { flags: '--volumes DIR', text: 'keep volumes in DIR, whatever device the configuration names' },
    { flags: '-o, --override SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast import DailySet1', text: 'look at what it becomes' },
    { line: 'holdfast import DailySet1 --to /etc/holdfast/holdfast.yaml', text: 'write it' },
    { line: 'holdfast import ./old --volumes /mnt/backup --to ./holdfast.yaml', text: 'a copy of a configuration that wrote to a tape drive' },
  ],
  async run(context, given) {
    const [conf] = given.args
    if (typeof conf !== 'string' || conf === '') throw new Fault('usage-wrong', 'no configuration is named')
    const to = given.text('to') === undefined ? undefined : path.resolve(given.text('to') ?? '')
    if (to !== undefined && !given.flag('force') && (await context.disk.stat(to)) !== undefined) throw new Fault('usage-wrong', `${to} is there already`, { next: 'Name another file, or add --force to write over it.' })
    const server = loadAmandaServer({ conf: bytesOf(conf), workingDir: process.cwd(), overrides: overridesOf(given), directories: placesOf(context.machine).server, volumes: volumesOf(given), files: machineConfigFiles })
    if (server.kind === 'refused') {
      for (const complaint of server.complaints) context.streams.err(`${printable(complaint)}\n`)
      throw new Fault('config-invalid', `${server.file} has errors`, { next: 'Correct what is named above: Amanda would not start with it either.' })
    }
    for (const warning of server.warnings) context.streams.err(`${printable(warning)}\n`)
    const { resolution, file } = server
    const yaml = yamlOf(file, resolution, context)
    if (to !== undefined && yaml !== undefined) {
      await context.disk.makeDir(path.dirname(to))
      await replaceFile(context.disk, to, Buffer.from(yaml), 0o600)
    }
    const result: ImportResult = { from: file, ...(to === undefined || yaml === undefined ? {} : { file: to }), ...(yaml === undefined ? {} : { yaml }), remarks: resolution.remarks.map((remark) => ({ ...remark, severity: severityOf(remark) })) }
    show(result, context, given)
    if (yaml === undefined) return exitCode('config')
    return result.remarks.some(({ severity }) => severity === 'warning') ? exitCode('strange') : exitCode('ok')
  },
}

function overridesOf(given: Given): Override[] {
  return given.list('override').map((text) => {
    const override = parseOverride(bytesOf(text))
    if (override === undefined) throw new Fault('usage-wrong', `\`${text}\` sets nothing`, { next: 'Write NAME=VALUE.' })
    return override
  })
}

function volumesOf(given: Given): string | undefined {
  const directory = given.text('volumes')
  return directory === undefined ? undefined : path.resolve(directory)
}

/** Undefined when there can be no configuration. */
function yamlOf(file: string, { input, config, remarks, comments }: AmandaResolution, context: CliContext): string | undefined {
  if (input === undefined || config === undefined) return undefined
  const yaml = importYaml({ file, input, remarks, comments })
  const outcome = parseServerConfig(yaml, 'the new holdfast.yaml', placesOf(context.machine).server)
  if (outcome.kind === 'problems') {
    for (const problem of outcome.problems) context.streams.err(formatProblem(problem))
    throw new Fault('internal', `${file} has become a holdfast.yaml with errors`)
  }
  if (!isDeepStrictEqual(outcome.config, config)) throw new Fault('internal', `${file} has become a holdfast.yaml that means something else`)
  return yaml
}

function show(result: ImportResult, { streams }: CliContext, given: Given): void {
  if (given.isJson) return streams.out(`${JSON.stringify(result, undefined, 2)}\n`)
  const notes = result.remarks.filter(({ severity }) => severity === 'note')
  for (const remark of result.remarks) if (remark.severity !== 'note' || given.isVerbose) streams.err(`${printable(formatRemark(remark))}\n`)
  if (result.yaml === undefined) return streams.err(`holdfast: ${result.from} cannot be imported as it is. Correct what is named above as an error.\n`)
  if (result.file === undefined) streams.out(result.yaml)
  const place = result.file === undefined ? '' : `Written to ${result.file}. `
  streams.err(`${place}${notes.length === 0 || given.isVerbose ? '' : `${notes.length} notes on settings that change no backup are at its end. `}${result.file === undefined ? '' : `Next: holdfast config check --config ${result.file}`}\n`)
}
