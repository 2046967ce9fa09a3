// Our server against unchanged clients of Amanda 3.5 (Debian's packages), with a firewall between that forgets what is idle for 10 s: checks, estimates,
// dumps at levels 0 and 1 over bsdtcp, bsdudp and bsd, restores; then clients that refuse, are down, or die in mid-dump.

import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { RunSummary } from '../../src/server/control/contract.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { CLIENT_ADDRESS, FirewallLab, SERVER_ADDRESS } from '../lab/firewall-lab.ts'
import { HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const PORT = 10_070
const IDLE_LIMIT_S = 10
/** The three auths of one client, each under a name of its own. bsd has another port: one xinetd serves both kinds of UDP. */
const HOSTS = [
  { host: 'tcp', auth: 'bsdtcp', port: 10_080 },
  { host: 'udp', auth: 'bsdudp', port: 10_080 },
  { host: 'bsd', auth: 'bsd', port: 10_090 },
] as const
/** Files of 2 KiB and kB a second: a dump of half a minute, whose messages are silent for three times the limit of the firewall. */
const SLOW_FILES = 1500
const SLOW_KIB = 120

function xinetdConf(): string {
  const service = (auth: string, port: number): string => {
    const isTcp = auth === 'bsdtcp'
    return `service amanda-${auth}\n{\n type = UNLISTED\n flags = IPv4\n socket_type = ${isTcp ? 'stream' : 'dgram'}\n protocol = ${isTcp ? 'tcp' : 'udp'}\n wait = ${isTcp ? 'no' : 'yes'}\n port = ${port}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = -auth=${auth} amdump\n}\n`
  }
  return `defaults { instances = 50\n cps = 1000 1\n}\n${HOSTS.map(({ auth, port }) => service(auth, port)).join('')}`
}

function hostsYaml(disk: string, settings = ''): string {
  return `hosts:\n${HOSTS.map(({ host, auth, port }) => `  ${host}:\n    transport: {auth: ${auth}, address: ${CLIENT_ADDRESS}, port: ${port}, user: backup, ctimeout: 20 s}\n    application: gnutar\n${settings}    disks: [${disk}]\n`).join('')}`
}

interface Stage {
  readonly context: CaseContext
  readonly lab: FirewallLab
  readonly stock: StockAmanda
}

function holdfastAt({ context, lab }: Stage, name: string, serverYaml: string): HoldfastLab {
  return new HoldfastLab({ dir: path.join(context.dir, name), on: (_side, argv) => lab.on('server', argv), listenAddress: SERVER_ADDRESS, port: PORT, serverYaml })
}

function mustBeGood(summary: RunSummary, what: string): RunSummary['dumps'][number] {
  const [dump] = summary.dumps
  if (dump === undefined || summary.good + summary.strange !== summary.dumps.length) throw new Error(`${what}: ${summary.failed} failed: ${summary.dumps.map(({ message }) => [message].join(' / ')).join('; ')}`)
  return dump
}

async function restoredAlike(holdfast: HoldfastLab, host: string, disk: string, tree: string, target: string): Promise<number> {
  await holdfast.must('server', ['restore', host, disk, '--to', target])
  const { differences, entryCount } = compareTrees(tree, target, { extendedAttributes: false })
  must(differences.length === 0, `the restore of ${host} differs: ${differences.slice(0, 5).join('; ')}`)
  rmSync(target, { recursive: true, force: true })
  return entryCount
}

/** Stock Amanda asks tar for whole seconds. */
async function wholeSeconds(tree: string, date: string): Promise<void> {
  await command(['find', tree, '-depth', '-exec', 'touch', '--no-dereference', `--date=${date}`, '{}', '+'])
  await command(['chown', '-R', 'backup:backup', tree])
}

/** Check, level 0, a change, level 1, browse and restore, for every auth. */
async function goodDays(stage: Stage, storage: 'volumes' | 'vault'): Promise<string> {
  const { context, stock } = stage
  const tree = path.join(stock.at('client', 'srv'), storage)
  const disk = `/srv/${storage}`
  makeRandomTree(tree, 7, { fileCount: 150, dirCount: 20, fileBytesMax: 60_000 })
  await wholeSeconds(tree, '2020-02-02 02:02:02 UTC')
  await using holdfast = holdfastAt(stage, storage, `${hostsYaml(disk)}${storage === 'vault' ? `storage: {kind: vault, directory: ${context.dir}/the-vault}\n` : ''}`)
  await holdfast.startServer()
  const checked = await holdfast.run('server', ['check'])
  for (const { host, auth } of HOSTS) must(checked.stdout.includes(`${host} answers over ${auth} as Amanda 3.5`), `${host} is not ready: ${checked.stdout}${checked.stderr}`)
  for (const level of [0, 1]) {
    if (level === 1) {
      writeFileSync(path.join(tree, 'new file'), 'of the second day\n')
      await command(['touch', '--date=2021-01-01 01:01:01 UTC', path.join(tree, 'new file'), tree])
      await command(['chown', 'backup:backup', path.join(tree, 'new file')])
    }
    const summaries = await Promise.all(HOSTS.map(({ host }) => holdfast.dump(host)))
    for (const [index, summary] of summaries.entries()) {
      const dump = mustBeGood(summary, `${storage}: ${HOSTS[index]?.auth} at level ${level}`)
      must(dump.level === level, `${storage}: ${HOSTS[index]?.auth} made level ${dump.level} instead of ${level}`)
      must(dump.attempt === 1, `${storage}: ${HOSTS[index]?.auth} took ${dump.attempt} tries`)
    }
  }
  const listed = await holdfast.must('server', ['ls', 'tcp', disk, '/'])
  must(listed.includes('new file'), `ls does not show the new file: ${listed.slice(0, 500)}`)
  let entries = 0
  for (const { host } of HOSTS) entries = await restoredAlike(holdfast, host, disk, tree, path.join(context.dir, 'restored'))
  return `${storage}: ${HOSTS.map(({ auth }) => auth).join(', ')} at levels 0 and 1, ${entries} entries restored alike from each`
}

/** What became of the one dump of `summary`, as an operator reads it. */
function wordsOf(summary: RunSummary): string {
  const [dump] = summary.dumps
  return `${dump?.message ?? ''} (${[dump?.faultCode, ...(dump?.doctorCodes ?? [])].join(', ')})`
}

/** A dump whose MESG is silent for longer than the firewall remembers. */
async function silentMessages(holdfast: HoldfastLab): Promise<string> {
  const startedMs = Date.now()
  const dump = mustBeGood(await holdfast.dump('bsd'), 'the slow dump over bsd')
  const seconds = Math.round((Date.now() - startedMs) / 1000)
  must(dump.attempt === 1 && seconds > 2 * IDLE_LIMIT_S, `the slow dump over bsd took ${seconds} s and ${dump.attempt} tries`)
  return `founding failure: a dump of ${seconds} s over bsd with silent messages is good at the first try`
}

async function killAmandad(lab: FirewallLab): Promise<void> {
  const pids = (await command(['ip', 'netns', 'pids', lab.namespace('client')])).split('\n').filter((pid) => pid !== '')
  for (const pid of pids) {
    const isAmandad = await runCommand(['grep', '-q', '^amandad$', `/proc/${pid}/comm`])
    if (isAmandad.status === 0) process.kill(Number(pid), 'SIGKILL')
  }
}

async function diesInMidDump({ lab }: Stage, holdfast: HoldfastLab): Promise<string> {
  let killed: Promise<void> | undefined
  const summary = await holdfast.dump('tcp', (event) => {
    if (event.kind === 'dump-progress' && event.dump.bytes > 200_000) killed ??= killAmandad(lab)
  })
  await killed
  const words = wordsOf(summary)
  must(killed !== undefined && summary.good === 0 && words.includes('client-ended-early'), `the client died in mid-dump: ${words}`)
  return words
}

async function refuses({ stock }: Stage, holdfast: HoldfastLab): Promise<string> {
  const allowed = readFileSync(stock.at('client', 'amandahosts'))
  writeFileSync(stock.at('client', 'amandahosts'), 'elsewhere backup amdump\n')
  const summary = await holdfast.dump('tcp')
  writeFileSync(stock.at('client', 'amandahosts'), allowed)
  const words = wordsOf(summary)
  must(summary.good === 0 && words.includes('user-not-allowed') && words.includes('amserver backup amdump'), `a client that refuses: ${words}`)
  return words
}

async function isDown(holdfast: HoldfastLab): Promise<string> {
  const words = wordsOf(await holdfast.dump('tcp'))
  must(words.includes('Connection refused') && words.includes('connect-refused'), `a client that is down: ${words}`)
  return words
}

/** A slow disk over bsd and bsdtcp; tries end with the first. */
async function badDays(stage: Stage, client: AsyncDisposable): Promise<readonly string[]> {
  const slow = '    compress: {kind: custom, where: client, program: /etc/amanda/bin/slowcat}\n    strategy: noinc\n'
  await using holdfast = holdfastAt(stage, 'bad', `${hostsYaml('/srv/many', slow)}limits: {retries: 0}\n`)
  await holdfast.startServer()
  const seen = [await silentMessages(holdfast), await diesInMidDump(stage, holdfast), await refuses(stage, holdfast)]
  await client[Symbol.asyncDispose]()
  return [...seen, await isDown(holdfast)]
}

async function run(context: CaseContext): Promise<string> {
  chmodSync(context.dir, 0o755)
  await using lab = await FirewallLab.create({ idleLimitS: IDLE_LIMIT_S, forgotten: 'reset' })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  using stock = await StockAmanda.install(lab, path.join(context.dir, 'stock'), SLOW_FILES, SLOW_KIB)
  writeFileSync(stock.at('client', 'xinetd.conf'), xinetdConf())
  const stage: Stage = { context, lab, stock }
  await using client = stock.startClient()
  await stock.clientListens()
  const seen: string[] = []
  for (const work of [() => goodDays(stage, 'volumes'), () => goodDays(stage, 'vault')]) {
    seen.push(await work())
    context.note(seen.at(-1) ?? '')
  }
  for (const words of await badDays(stage, client)) context.note(words)
  context.signal.removeEventListener('abort', onAbort)
  return `${seen.join('; ')}; behind a firewall of ${IDLE_LIMIT_S} s a silent dump over bsd; a client that dies, refuses or is down is named`
}

export const integrationCase: IntegrationCase = {
  name: 'stock-client',
  summary: 'our server backs up unchanged clients of Amanda over bsdtcp, bsdudp and bsd, behind a firewall that forgets',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', 'grep', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 300_000,
  run,
}
