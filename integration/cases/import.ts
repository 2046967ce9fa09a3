// Configurations of Amanda become holdfast.yaml: Amanda's examples with a disk of each of their dumptypes, ones that a generator makes (of the seeds that are named as parts), and one whose
// holdfast.yaml, without an edit, dumps an unchanged client into Amanda's own slots; it restores, and stock Amanda reads the volume.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { machineConfigFiles } from '../../src/cli/amanda/amanda-files.ts'
import { loadAmandaServer, type AmandaServer } from '../../src/cli/amanda/load-amanda-server.ts'
import { BUILT_IN_PLACE } from '../../src/config/amanda/built-in.ts'
import { parseOverride } from '../../src/config/amanda/overrides.ts'
import type { ConfigFiles } from '../../src/config/amanda/parser.ts'
import { readAmandaConfig } from '../../src/config/amanda/read-config.ts'
import { importYaml } from '../../src/config/amanda/resolve/import-yaml.ts'
import { formatRemark, severityOf } from '../../src/config/amanda/resolve/remark.ts'
import { parseServerConfig } from '../../src/config/server-config.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { generateConfig } from '../../testkit/amanda-config.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { putConfig, putExamples, TEMPLATES } from '../lab/amanda-examples.ts'
import { command } from '../lab/commands.ts'
import { CLIENT_ADDRESS, FirewallLab } from '../lab/firewall-lab.ts'
import { HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { amandaConf, AUTOLABEL, STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const SEED = '20261127'
const GENERATED = 40
const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }
/** Why a dumptype of Amanda's examples cannot be taken over; anything else is a defect. */
const KNOWN_REASONS = [/: auth: .*the auth (?:krb5|rsh|ssl)\b/, /no client has a program STAR/]

/** What random values make impossible, set right on the command line. */
const USABLE = ['a', 'b', 'c'].flatMap((name) => [
  ...['auth=bsdtcp', 'client-port=10080', 'client-custom-compress=/bin/x', 'server-custom-compress=/bin/y', 'client-encrypt=/bin/z', 'server-encrypt=/bin/z'].map((setting) => `dumptype:${name}:${setting}`),
  `application:${name}:plugin=amgtar`,
  `script:${name}:plugin=p`,
  `holdingdisk:${name}:directory=/holding/${name}`,
])

/** Paths of /etc/amanda are those of the case, and the examples include others of them from there. */
function filesOf(etc: string): ConfigFiles {
  return { ...machineConfigFiles, read: (file) => machineConfigFiles.read(file.replace(/^\/etc\/amanda\/template\.d/, TEMPLATES).replace(/^\/etc\/amanda/, etc)) }
}

function load(etc: string, name: string, settings: readonly string[] = []): AmandaServer {
  return loadAmandaServer({ conf: name, workingDir: etc, overrides: settings.flatMap((setting) => parseOverride(setting) ?? []), directories: DIRECTORIES, volumes: '/volumes', files: filesOf(etc) })
}

interface Refusal {
  readonly text: string
  readonly subject: string
  /** Of errors about how a host is reached. */
  readonly host: string | undefined
}

/** Of nothing yet. */
const FIRST: Refusal = { text: '', subject: '', host: undefined }

function errorsOf(server: AmandaServer): Refusal[] {
  if (server.kind === 'refused') return server.complaints.map((text) => ({ text, subject: '', host: undefined }))
  const errors = server.resolution.remarks.filter((remark) => severityOf(remark) === 'error')
  return errors.map((remark) => ({ text: formatRemark(remark), subject: remark.subject, host: /^(\S+): the auth/.exec(remark.outcome)?.[1] }))
}

/** Imports it and reads it back; returns how many disks it has, or undefined when it cannot be imported. */
function importedDisks(server: AmandaServer): number | undefined {
  if (server.kind === 'refused') return undefined
  const { file, resolution } = server
  const { input, config, remarks, comments } = resolution
  if (input === undefined || config === undefined) return undefined
  const yaml = importYaml({ file, input, remarks, comments })
  const outcome = parseServerConfig(yaml, 'holdfast.yaml', DIRECTORIES)
  must(outcome.kind === 'config' && isDeepStrictEqual(outcome.config, config), `${file} has become a holdfast.yaml that ${outcome.kind === 'config' ? 'means something else' : `has errors: ${JSON.stringify(outcome.problems[0])}`}`)
  return config.disklist.length
}

/** Each dumptype of the examples is that of a disk; which of them cannot be taken over is known. */
function importExamples(etc: string): string {
  let taken = 0
  let refused = 0
  let unreadable = 0
  const names = putExamples(etc)
  for (const name of names) {
    const { configuration } = readAmandaConfig({ scope: 'server', root: '/etc/amanda', name, directory: `/etc/amanda/${name}`, overrides: [] }, filesOf(etc))
    // What stock Amanda refuses as well (case amanda-config).
    if (configuration.hasErrors) {
      unreadable++
      continue
    }
    // A host each: one host is reached in one way.
    const all = configuration.sections('dumptype').filter(({ place }) => place !== BUILT_IN_PLACE).map((section) => section.name)
    const lineOf = (dumptype: string): string => `${dumptype.replace(/^[^A-Za-z]+/, '')}.example /srv ${dumptype}\n`
    let kept = all
    // What several inherit is named once, so the next one shows when the first is gone.
    for (let errors: readonly Refusal[] = [FIRST]; errors.length > 0; ) {
      const before = kept.length
      kept = kept.filter((dumptype) => !errors.some(({ host, subject }) => host === `${dumptype}.example` || subject.startsWith(`dumptype ${dumptype}:`)))
      must(errors.includes(FIRST) || kept.length < before, `${name}: ${errors.map(({ text }) => text).join('; ')}`)
      writeFileSync(path.join(etc, name, 'disklist'), kept.map(lineOf).join(''))
      errors = errorsOf(load(etc, name))
      for (const { text } of errors) must(KNOWN_REASONS.some((reason) => reason.test(text)), `${name}: ${text}`)
    }
    const count = importedDisks(load(etc, name))
    must(count === kept.length, `${name} has ${kept.length} disks, and its holdfast.yaml ${String(count)}`)
    taken += kept.length
    refused += all.length - kept.length
  }
  must(taken > 50, `only ${taken} dumptypes of the examples could be taken over`)
  return `${names.length - unreadable} examples with ${taken} dumptypes (${refused} have an auth or program that is not there)`
}

function importGenerated(etc: string, seed: string): string {
  must(/^\d{1,9}$/.test(seed), `a part of this case is the seed of its configurations, a number of at most nine digits; not ${seed}`)
  const random = seededRandom(Number(seed))
  let imported = 0
  for (let index = 0; index < GENERATED; index++) {
    const { conf, disklist } = generateConfig(random, index % 5 === 4)
    putConfig(etc, `made${seed}-${index}`, conf, disklist)
    if (importedDisks(load(etc, `made${seed}-${index}`, USABLE)) !== undefined) imported++
  }
  must(imported > GENERATED / 4, `only ${imported} of ${GENERATED} generated configurations of seed ${seed} could be imported`)
  return `${imported} of ${GENERATED} generated ones of seed ${seed}`
}

const XINETD = `defaults { instances = 50\n cps = 1000 1\n}\nservice amanda\n{\n type = UNLISTED\n flags = IPv4\n socket_type = stream\n protocol = tcp\n wait = no\n port = 10080\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = -auth=bsdtcp amdump\n}\n`

/** Where a server of root keeps its own, and what stands there during the case. */
const PRIVATE_DIRS: Readonly<Record<string, string>> = { state: '/var/lib/holdfast', cache: '/var/cache/holdfast', log: '/var/log/holdfast', run: '/run/holdfast' }

function inPrivateDirs(dir: string, argv: readonly string[]): string[] {
  const lines = Object.entries(PRIVATE_DIRS).flatMap(([name, target]) => [`mount -t tmpfs none ${path.dirname(target)}`, `mkdir ${target}`, `mount --bind '${path.join(dir, name)}' ${target}`])
  return ['unshare', '--mount', 'sh', '-c', ['set -e', ...lines, 'exec "$@"'].join('\n'), 'sh', ...argv]
}

/** The configuration of a stock server, as it is, with a slot that stock Amanda can read afterwards. */
function putStockConfig(dir: string): string {
  const conf = amandaConf(`tapecycle 3\n${AUTOLABEL}`, 'define dumptype user {\n program "GNUTAR"\n compress client fast\n index yes\n exclude "./not-this"\n}').replaceAll('/var/lib/amanda/lab', path.join(dir, 'amanda'))
  putConfig(dir, 'etc', conf, `${CLIENT_ADDRESS} /srv/docs user\n`)
  for (const name of ['vtapes/slot1', 'vtapes/slot2', 'vtapes/slot3', 'holding', 'log', 'curinfo', 'index']) mkdirSync(path.join(dir, 'amanda', name), { recursive: true })
  return path.join(dir, 'etc')
}

async function dumpFromImport({ dir, signal }: CaseContext): Promise<string> {
  await using lab = await FirewallLab.create({ idleLimitS: 60, forgotten: 'reset' })
  const onAbort = (): void => void lab.killAll()
  signal.addEventListener('abort', onAbort, { once: true })
  using stock = await StockAmanda.install(lab, path.join(dir, 'stock'), 1, 1000)
  writeFileSync(stock.at('client', 'xinetd.conf'), XINETD)
  const tree = path.join(stock.at('client', 'srv'), 'docs')
  makeRandomTree(tree, 5, { fileCount: 60, dirCount: 8, fileBytesMax: 40_000 })
  await command(['find', tree, '-depth', '-exec', 'touch', '--no-dereference', '--date=2020-02-02 02:02:02 UTC', '{}', '+'])
  await command(['chown', '-R', 'backup:backup', tree])
  await using _client = stock.startClient()
  await stock.clientListens()
  const home = path.join(dir, 'home')
  await using holdfast = new HoldfastLab({ dir: home, on: (_side, argv) => lab.on('server', inPrivateDirs(home, argv)), port: 10_090, serverYaml: '' })
  for (const name of Object.keys(PRIVATE_DIRS)) mkdirSync(path.join(home, name))
  const confDir = putStockConfig(dir)
  await refusals(holdfast, confDir)
  const imported = await holdfast.run('server', ['import', confDir, '--to', holdfast.serverConfig, '--force'])
  must(imported.status === 0, `the import ended with ${imported.status}: ${imported.stderr}`)
  await holdfast.must('server', ['init'])
  await holdfast.startServer()
  const summary = await holdfast.dump(CLIENT_ADDRESS)
  must(summary.good === 1 && summary.failed === 0, `the dump: ${summary.dumps.map(({ message }) => message ?? '').join('; ')}`)
  const target = path.join(dir, 'restored')
  await holdfast.must('server', ['restore', CLIENT_ADDRESS, '/srv/docs', '--to', target])
  const { differences, entryCount } = compareTrees(tree, target, { extendedAttributes: false })
  must(differences.length === 0, `the restore differs: ${differences.slice(0, 5).join('; ')}`)
  const slot = readdirSync(path.join(dir, 'amanda', 'vtapes', 'slot1'))
  must(slot.some((name) => name.startsWith(`00001.${CLIENT_ADDRESS}._srv_docs.0`)), `the first slot of Amanda's changer has ${slot.join(', ')}`)
  signal.removeEventListener('abort', onAbort)
  return `an imported configuration dumped an unchanged client into Amanda's slots, and ${entryCount} entries were restored alike`
}

/** What is there stays; a device that is not there yet is named with its line; what is read as JSON is the same. */
async function refusals(holdfast: HoldfastLab, confDir: string): Promise<void> {
  const before = readFileSync(holdfast.serverConfig, 'utf8')
  const there = await holdfast.run('server', ['import', confDir, '--to', holdfast.serverConfig])
  must(there.status === 64 && there.stderr.includes('is there already') && readFileSync(holdfast.serverConfig, 'utf8') === before, `an import over a file that is there: ${there.status} ${there.stderr}`)
  const tape = await holdfast.run('server', ['import', confDir, '-o', 'tpchanger=tape:/dev/nst0', '--json'])
  const { remarks, yaml } = JSON.parse(tape.stdout) as { readonly remarks: readonly { readonly severity: string; readonly subject: string; readonly outcome: string }[]; readonly yaml?: string }
  must(tape.status === 78 && yaml === undefined && remarks.some(({ severity, outcome }) => severity === 'error' && outcome.includes('a tape drive (tape:)')), `a tape drive: ${tape.status} ${tape.stdout}`)
}

async function run(context: CaseContext): Promise<string> {
  const etc = path.join(context.dir, 'etc-amanda')
  mkdirSync(etc)
  const seen = [importExamples(etc), ...(context.parts.length === 0 ? [SEED] : context.parts).map((seed) => importGenerated(etc, seed))]
  context.note(seen.join('; '))
  seen.push(await dumpFromImport(context))
  return seen.join('; ')
}

export const integrationCase: IntegrationCase = {
  name: 'import',
  summary: 'configurations of Amanda become a holdfast.yaml that means the same, and one of them dumps an unchanged client',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', 'mkdir', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  timeoutMs: 120_000,
  run,
}
