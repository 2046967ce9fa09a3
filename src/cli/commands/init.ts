// `holdfast init`: makes a server's configuration, key and directories, and says what to do next. It asks nothing and overwrites nothing:
// run twice, it makes what is missing.

import path from 'node:path'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { parseServerConfig } from '../../config/server-config.ts'
import { readFile, replaceFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { makeVtapeSlots } from '../../storage/vtape/vtape-changer.ts'
import { createIdentity, loadIdentity, saveIdentity } from '../../transport/tether/identity.ts'
import type { CommandBody, Given } from '../command-line.ts'
import { serverConfigFile, type CliContext } from '../context.ts'
import { ensureVault } from '../vault/ensure-vault.ts'
import { exitCode } from '../exit-codes.ts'
import { initialConfig } from '../init-template.ts'
import { packageRoot } from '../package-root.ts'
import { placesOf, placesUnder } from '../machine.ts'
import { formatProblem, showResult } from '../output.ts'

interface InitResult {
  readonly configFile: string
  readonly made: readonly string[]
  readonly keyFingerprint: string
  readonly hosts: readonly string[]
  /** Of a vault that was made now. */
  readonly vaultKeyFile?: string
}

function numberOption(given: Given, name: string): number | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  if (!/^\d{1,6}$/.test(text)) throw new Fault('usage-wrong', `--${name} must be a number`)
  return Number(text)
}

/** Slots are of volumes. */
function kindOf(given: Given): 'vault' | 'vtape' {
  const kind = given.text('kind') ?? (given.text('slots') === undefined ? 'vault' : 'vtape')
  if (kind !== 'vault' && kind !== 'vtape') throw new Fault('usage-wrong', `\`${kind}\` is no kind of storage`, { next: 'Use vault or vtape.' })
  if (kind === 'vault' && given.text('slots') !== undefined) throw new Fault('usage-wrong', 'a vault has no slots', { next: 'Leave out --slots, or use --kind vtape.' })
  return kind
}

function initialText(context: CliContext, given: Given, under: string | undefined): string {
  const { machine } = context
  const host = given.text('host') ?? (machine.hostname.replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'localhost')
  const disks = given.args[0] as readonly string[] | undefined
  const kind = kindOf(given)
  const directories = under === undefined ? undefined : placesUnder(under)
  return initialConfig({
    name: given.text('name') ?? 'holdfast',
    schemaFile: path.join(packageRoot(import.meta.dirname), 'docs', 'holdfast.schema.json'),
    host,
    disks: disks === undefined || disks.length === 0 ? [machine.isRoot ? '/etc' : machine.home] : disks.map((disk) => path.resolve(disk)),
    kind,
    storageDir: path.resolve(given.text('storage') ?? `${under ?? placesOf(machine).server.state}/${kind === 'vault' ? 'vault' : 'volumes'}`),
    directories,
    port: numberOption(given, 'port'),
    publicAddress: given.text('publicAddress'),
    slots: numberOption(given, 'slots'),
  })
}

/** The text of the configuration: the one that is there, or a new one, which is written. */
async function ensureConfig(context: CliContext, given: Given, file: string, made: string[]): Promise<ResolvedConfig> {
  const under = given.text('under') === undefined ? undefined : path.resolve(given.text('under') ?? '')
  const isThere = (await context.disk.stat(file)) !== undefined
  const text = isThere ? (await readFile(context.disk, file)).toString('utf8') : initialText(context, given, under)
  const outcome = parseServerConfig(text, file, placesOf(context.machine).server)
  if (outcome.kind === 'problems') {
    for (const problem of outcome.problems) context.streams.err(formatProblem(problem))
    throw new Fault('config-invalid', isThere ? `${file} has errors` : 'these choices give no good configuration')
  }
  if (!isThere) {
    await context.disk.makeDir(path.dirname(file))
    await replaceFile(context.disk, file, Buffer.from(text), 0o600)
    made.push(file)
  }
  return outcome.config
}

async function ensureDirectories(context: CliContext, config: ResolvedConfig, isFirstTime: boolean, made: string[]): Promise<void> {
  const { disk } = context
  const layout = serverLayout(config)
  for (const dir of [...Object.values(config.directories), layout.indexDir, layout.runLogDir, layout.partCacheDir, ...config.holdingDisks.map((holding) => holding.directory)]) {
    if ((await disk.stat(dir)) !== undefined) continue
    await disk.makeDir(dir)
    made.push(dir)
  }
  // Later on, a directory that is empty may be a mount point whose disk is away: it is not filled with slots then.
  const { storage } = config
  if (storage.kind === 'vault') {
    made.push(...(await ensureVault(context, storage)))
    return
  }
  const isNew = (await disk.stat(storage.directory)) === undefined
  const slots = await makeVtapeSlots(disk, storage, isFirstTime || isNew)
  if (slots.length > 0) made.push(`${storage.directory} with ${slots.length} slots`)
}

function formatInit(result: InitResult, isUsualFile: boolean): string {
  const option = isUsualFile ? '' : ` --config ${result.configFile}`
  const host = result.hosts[0] ?? 'HOST'
  return [
    ...(result.made.length === 0 ? ['Everything was there already.'] : ['Made:', ...result.made.map((name) => `  ${name}`)]),
    `Key of this server: ${result.keyFingerprint}`,
    ...(result.vaultKeyFile === undefined ? [] : ['', `What is in the vault can be read with ${result.vaultKeyFile} and no other way. Print a paper key and keep it elsewhere:`, `  holdfast vault key print${option}`]),
    '',
    'Next:',
    `  1. look at ${result.configFile}`,
    `  2. holdfast server run${option}`,
    `  3. holdfast agents token ${host}${option}      and run on ${host} what it prints`,
    `  4. holdfast dump${option}`,
    '',
  ].join('\n')
}

function newVaultKey({ storage }: ResolvedConfig, made: readonly string[]): { readonly vaultKeyFile?: string } {
  return storage.kind === 'vault' && storage.secret.kind === 'key-file' && made.includes(storage.secret.file) ? { vaultKeyFile: storage.secret.file } : {}
}

export const initCommand: CommandBody = {
  details: ['Asks nothing and overwrites nothing. Without DISK, /etc is listed for root and the home directory for others.'],
  args: [{ name: '[DISK...]', text: 'directories of this host to dump' }],
  options: [
    { flags: '--storage DIR', text: 'where dumps go; best on another disk' },
    { flags: '--kind KIND', text: 'vault (deduplicated and encrypted, the default) or vtape (volumes that Amanda can read)' },
    { flags: '--slots COUNT', text: 'how many volumes there may be; with --kind vtape' },
    { flags: '--host NAME', text: 'name of the first host; default: this machine' },
    { flags: '--name NAME', text: 'name of the configuration; part of the labels' },
    { flags: '--port PORT', text: 'TCP port for agents; default 10090' },
    { flags: '--public-address ADDRESS', text: 'where agents find this server; default: the name of this machine' },
    { flags: '--under DIR', text: 'keep state, logs, sockets and the storage below DIR: for a first try' },
  ],
  examples: [
    { line: 'holdfast init --storage /mnt/backup /home /etc', text: 'two directories of this host' },
    { line: 'holdfast init --config /tmp/try/holdfast.yaml --under /tmp/try /etc', text: 'a try that leaves no trace elsewhere' },
  ],
  async run(context, given) {
    const file = path.resolve(serverConfigFile(context, given))
    const made: string[] = []
    const config = await ensureConfig(context, given, file, made)
    const { identityFile } = serverLayout(config)
    let identity = await loadIdentity(context.disk, identityFile)
    await ensureDirectories(context, config, identity === undefined, made)
    if (identity === undefined) {
      identity = await createIdentity(`${config.name} server`, context.clock.wallMs())
      await saveIdentity(context.disk, identityFile, identity)
      made.push(identityFile)
    }
    const result: InitResult = { configFile: file, made, keyFingerprint: identity.fingerprint, hosts: [...new Set(config.disklist.map((entry) => entry.host))], ...newVaultKey(config, made) }
    showResult(context.streams, given.isJson, result, (value) => formatInit(value, file === placesOf(context.machine).serverConfig))
    return exitCode('ok')
  },
}
