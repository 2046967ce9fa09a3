// Our server against unchanged clients of Amanda 3.5 (Debian's packages), with a firewall between that forgets what is idle for 10 s: checks, estimates,
// dumps at levels 0 and 1 over bsdtcp, bsdudp and bsd, restores; then clients that refuse, are down, or die in mid-dump.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { CLIENT_ADDRESS, FirewallLab } from '../lab/firewall-lab.ts'
import type { HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { programDays } from '../lab/stock-program-days.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'
import { goodDays, holdfastAt, hostsYaml, mustBeGood, wordsOf, type Stage, type StockHost } from '../lab/stock-days.ts'

const IDLE_LIMIT_S = 10
/** The three auths of one client that need no program, each under a name of its own. bsd has another port: one xinetd serves both kinds of UDP. */
const PORTS = { bsdtcp: 10_080, bsdudp: 10_080, bsd: 10_090 } as const
const HOSTS: readonly StockHost[] = ([['tcp', 'bsdtcp'], ['udp', 'bsdudp'], ['bsd', 'bsd']] as const).map(([host, auth]) => (
  { host, auth, side: 'client', transport: `{auth: ${auth}, address: ${CLIENT_ADDRESS}, port: ${PORTS[auth]}, user: backup, ctimeout: 20 s}` }
))
/** The part of all that is not ssh or local. */
const SOCKETS = 'sockets'
/** Files of 2 KiB and kB a second: a dump of half a minute, whose messages are silent for three times the limit of the firewall. */
const SLOW_FILES = 1500
const SLOW_KIB = 120

function xinetdConf(): string {
  const service = (auth: string, port: number): string => {
    const isTcp = auth === 'bsdtcp'
    return `service amanda-${auth}\n{\n type = UNLISTED\n flags = IPv4\n socket_type = ${isTcp ? 'stream' : 'dgram'}\n protocol = ${isTcp ? 'tcp' : 'udp'}\n wait = ${isTcp ? 'no' : 'yes'}\n port = ${port}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = -auth=${auth} amdump\n}\n`
  }
  return `defaults { instances = 50\n cps = 1000 1\n}\n${Object.entries(PORTS).map(([auth, port]) => service(auth, port)).join('')}`
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
  await using holdfast = holdfastAt(stage, 'bad', `${hostsYaml(HOSTS, '/srv/many', slow)}limits: {retries: 0}\n`)
  await holdfast.startServer()
  const seen = [await silentMessages(holdfast), await diesInMidDump(stage, holdfast), await refuses(stage, holdfast)]
  await client[Symbol.asyncDispose]()
  return [...seen, await isDown(holdfast)]
}

async function socketDays(stage: Stage): Promise<string> {
  const { context, stock } = stage
  await using client = stock.startClient()
  await stock.clientListens()
  const seen: string[] = []
  for (const storage of ['volumes', 'vault'] as const) {
    seen.push(await goodDays(stage, HOSTS, storage, storage))
    context.note(seen.at(-1) ?? '')
  }
  for (const words of await badDays(stage, client)) context.note(words)
  return `${seen.join('; ')}; behind a firewall of ${IDLE_LIMIT_S} s a silent dump over bsd; a client that dies, refuses or is down is named`
}

async function run(context: CaseContext): Promise<string> {
  chmodSync(context.dir, 0o755)
  await using lab = await FirewallLab.create({ idleLimitS: IDLE_LIMIT_S, forgotten: 'reset' })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  using stock = await StockAmanda.install(lab, path.join(context.dir, 'stock'), SLOW_FILES, SLOW_KIB)
  writeFileSync(stock.at('client', 'xinetd.conf'), xinetdConf())
  const stage: Stage = { context, lab, stock }
  const parts = context.parts.length === 0 ? [SOCKETS, 'ssh', 'local'] : context.parts
  const unknown = parts.find((part) => part !== SOCKETS && part !== 'ssh' && part !== 'local')
  must(unknown === undefined, `stock-client has no part ${unknown}`)
  const seen: string[] = []
  const programs = (['ssh', 'local'] as const).filter((auth) => parts.includes(auth))
  if (programs.length > 0) seen.push(await programDays(stage, programs))
  if (parts.includes(SOCKETS)) seen.push(await socketDays(stage))
  context.signal.removeEventListener('abort', onAbort)
  return seen.join('; ')
}

export const integrationCase: IntegrationCase = {
  name: 'stock-client',
  summary: 'our server backs up unchanged clients of Amanda over bsdtcp, bsdudp and bsd behind a firewall that forgets, over ssh, and on its own machine (parts sockets, ssh, local)',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', 'grep', 'ssh', 'sshd', 'ssh-keygen', 'runuser', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 420_000,
  run,
}
