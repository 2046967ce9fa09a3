// Our server and amandad that it starts itself: over ssh on the client, with a real sshd, and as a child on its own machine. The server runs where
// the files of the stock server are seen: amandad of auth local uses those.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from './commands.ts'
import type { HoldfastLab } from './holdfast.ts'
import { must } from './must.ts'
import { makeSshKeys, passwdWithShell, sshdListens, startSshd } from './ssh-daemon.ts'
import { goodDays, holdfastAt, hostsYaml, wordsOf, type Stage, type StockHost } from './stock-days.ts'

/** Of 3 MB at 300 kB a second. */
const CUT_AFTER_BYTES = 200_000

function hostsOf(stage: Stage): Readonly<Record<'ssh' | 'local', StockHost>> {
  const key = path.join(stage.stock.at('server', 'home'), '.ssh/id_ed25519')
  return {
    ssh: { host: 'far', auth: 'ssh', side: 'client', transport: `{auth: ssh, address: amclient, client-username: backup, ssh-keys: ${key}}` },
    local: { host: 'here', auth: 'local', side: 'server', transport: '{auth: local, address: amserver}' },
  }
}

async function loginRefused({ stock }: Stage, holdfast: HoldfastLab): Promise<string> {
  const authorized = stock.at('client', 'ssh/authorized')
  const keys = readFileSync(authorized)
  writeFileSync(authorized, '')
  const words = wordsOf(await holdfast.dump('far'))
  const checked = await holdfast.run('server', ['check', 'far'])
  writeFileSync(authorized, keys)
  must(words.includes('Permission denied (publickey') && words.includes('ssh-login-denied'), `a login that is refused: ${words}`)
  must(checked.status !== 0 && checked.stdout.includes('Permission denied (publickey'), `check of a login that is refused: ${checked.stdout}${checked.stderr}`)
  return words
}

/** The process of sshd that serves the one connection ends: the machine of the client goes away. */
async function endsInMidDump(stage: Stage, holdfast: HoldfastLab): Promise<string> {
  let ended: Promise<unknown> | undefined
  const summary = await holdfast.dump('far', (event) => {
    if (event.kind === 'dump-progress' && event.dump.bytes > CUT_AFTER_BYTES) ended ??= runCommand(stage.lab.on('client', ['sh', '-c', 'for pid in $(ip netns pids "$1"); do grep -q "^sshd: backup" /proc/$pid/cmdline && kill -KILL $pid; done; true', 'sh', stage.lab.namespace('client')]))
  })
  await ended
  const words = wordsOf(summary)
  must(ended !== undefined && summary.good === 0 && words.includes('client-ended-early') && words.includes('ssh exited with status 255'), `sshd ended in mid-dump: ${words}`)
  return words
}

async function badDays(stage: Stage, far: StockHost): Promise<readonly string[]> {
  const rate = stage.stock.at('client', 'etc/rate')
  const before = readFileSync(rate)
  writeFileSync(rate, '300\n')
  await using holdfast = holdfastAt(stage, 'bad-ssh', `${hostsYaml([far], '/srv/many', '    compress: {kind: custom, where: client, program: /etc/amanda/bin/slowcat}\n    strategy: noinc\n')}limits: {retries: 0}\n`)
  await holdfast.startServer()
  const seen = [await loginRefused(stage, holdfast), await endsInMidDump(stage, holdfast)]
  writeFileSync(rate, before)
  return seen
}

export async function programDays(stage: Stage, auths: readonly ('ssh' | 'local')[]): Promise<string> {
  const { lab, stock, context } = stage
  await makeSshKeys(stock)
  const [passwd, trust] = [path.join(context.dir, 'passwd'), path.join(context.dir, 'ssh_config')]
  writeFileSync(passwd, passwdWithShell())
  writeFileSync(trust, `Host *\n UserKnownHostsFile ${stock.at('server', 'home')}/.ssh/known_hosts\n`)
  stock.standIn('client', '/etc/passwd', passwd)
  stock.standIn('server', '/etc/ssh/ssh_config', trust)
  await using _daemon = startSshd(stock)
  await sshdListens(stock)
  const within: Stage = { ...stage, on: (argv) => lab.on('server', stock.within('server', argv)) }
  const hosts = hostsOf(stage)
  const seen = [await goodDays(within, auths.map((auth) => hosts[auth]), 'programs')]
  context.note(seen[0] ?? '')
  if (auths.includes('ssh')) for (const words of await badDays(within, hosts.ssh)) context.note(words)
  return seen.join('; ')
}
