// Stock Amanda 3.5 (Debian's packages) on the two hosts of a FirewallLab: server on one side, client on the other, each with its own
// /etc/amanda, /var/lib/amanda, logs, /srv and names by bind mounts in a private mount namespace. Nothing on the machine is changed.

import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { command, waitUntil, type BackgroundProcess, type CommandResult } from './commands.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS, type FirewallLab } from './firewall-lab.ts'

export const STOCK_PROGRAMS = ['amdump', 'amcheck', 'amadmin', 'xinetd', 'unshare', 'setpriv', 'mount', 'chown', 'perl']

const CONFIG = 'lab'
const BSD_PORT = 10_090

/** A mount needs its point, and this one is made by Amanda only when it first runs. */
const TEMP_DIR = '/tmp/amanda'

/** Where each private directory is mounted. */
const MOUNTS: Readonly<Record<string, string>> = {
  etc: '/etc/amanda',
  lib: '/var/lib/amanda',
  log: '/var/log/amanda',
  tmp: TEMP_DIR,
  srv: '/srv',
  amandahosts: '/etc/amandahosts',
  hosts: '/etc/hosts',
}

/** Mounted where a case has put one there: a tar that takes its time, system settings that a cure writes. */
const EXTRA_MOUNTS: Readonly<Record<string, string>> = { tar: '/usr/bin/tar', 'sysctl.d': '/etc/sysctl.d' }

/** An amanda.conf with a holding disk and three vtapes: `settings` are its other lines, `dumptypes` its definitions. */
export function amandaConf(settings: string, dumptypes: string): string {
  return `
org "lab"
dumpuser "backup"
mailto ""
send-amreport-on never
infofile "/var/lib/amanda/lab/curinfo"
logdir "/var/lib/amanda/lab/log"
indexdir "/var/lib/amanda/lab/index"
tapelist "/etc/amanda/lab/tapelist"
dumpcycle 7
runspercycle 7
${settings}
tpchanger "chg-disk:/var/lib/amanda/lab/vtapes"
labelstr "LAB[0-9][0-9]"
tapetype VTAPE
define tapetype VTAPE {
    length 200 mbytes
}
holdingdisk hd1 {
    directory "/var/lib/amanda/lab/holding"
    use 200 mbytes
}
${dumptypes}
`
}

/** Labels empty slots as it needs them. */
export const AUTOLABEL = 'autolabel "LAB%%" empty volume_error'

const AMANDA_CONF = amandaConf(
  `tapecycle 3
inparallel 4
etimeout 90
dtimeout 90
ctimeout 30
${AUTOLABEL}`,
  `define dumptype slow {
    program "GNUTAR"
    index yes
    record no
    strategy noinc
    estimate server
    compress client custom
    client_custom_compress "/etc/amanda/bin/slowcat"
}`,
)

/** Passes data on at the rate in /etc/amanda/rate, kB a second: a slow disk that stays busy. */
const SLOWCAT = `#!/usr/bin/perl
use strict; use warnings;
binmode STDIN; binmode STDOUT; $| = 1;
open my $f, '<', '/etc/amanda/rate' or die; my $step = int(<$f> * 1024 / 4);
while (my $n = sysread STDIN, my $buf, $step) {
    my $off = 0;
    while ($off < $n) { my $w = syswrite STDOUT, $buf, $n - $off, $off; exit 1 unless defined $w; $off += $w }
    select undef, undef, undef, 0.25 * $n / $step;
}
`

const XINETD_CONF = `
defaults { instances = 30
 cps = 1000 1
}
service amanda-bsd
{
 type = UNLISTED
 flags = IPv4
 socket_type = dgram
 protocol = udp
 wait = yes
 port = ${BSD_PORT}
 user = backup
 group = backup
 groups = yes
 server = /usr/lib/amanda/amandad
 server_args = -auth=bsd amdump
}
`

export interface StockRun {
  readonly status: number | null
  readonly seconds: number
  /** The run log (log.TIMESTAMP.0). */
  readonly runLog: string
}

export class StockAmanda implements Disposable {
  readonly #hadTempDir = existsSync(TEMP_DIR)
  readonly #lab: FirewallLab
  readonly #dir: string
  /** Files and directories that stand in for those of a host: by host, what is seen there and where it lies. */
  readonly #standIns = { server: new Map<string, string>(), client: new Map<string, string>() }

  private constructor(lab: FirewallLab, dir: string) {
    this.#lab = lab
    this.#dir = dir
  }

  /** Lays out both hosts below `dir` with one slow DLE of `fileCount` files of 2 KiB at `rateKib` KiB/s, dumped with auth bsd. */
  static async install(lab: FirewallLab, dir: string, fileCount: number, rateKib: number): Promise<StockAmanda> {
    const stock = new StockAmanda(lab, dir)
    for (const host of ['server', 'client'] as const) {
      for (const name of ['etc/lab', 'etc/bin', 'lib/lab/vtapes', 'lib/lab/holding', 'lib/lab/log', 'lib/gnutar-lists', 'log', 'tmp', 'srv']) mkdirSync(path.join(dir, host, name), { recursive: true })
      for (const slot of [1, 2, 3]) mkdirSync(path.join(dir, host, `lib/lab/vtapes/slot${slot}`))
      const write = (name: string, text: string, mode = 0o644): void => writeFileSync(path.join(dir, host, name), text, { mode })
      write('hosts', `127.0.0.1 localhost\n${SERVER_ADDRESS} amserver\n${CLIENT_ADDRESS} amclient\n`)
      write('amandahosts', host === 'client' ? 'amserver backup amdump\n' : 'localhost backup amdump amindexd amidxtaped\n', 0o600)
      write('etc/amanda-client.conf', `conf "${CONFIG}"\nindex_server "amserver"\ntape_server "amserver"\nauth "bsd"\nunreserved-tcp-port 50000,50100\n`)
      write('etc/rate', `${rateKib}\n`)
      write('etc/bin/slowcat', SLOWCAT, 0o755)
      chmodSync(path.join(dir, host, 'etc/bin/slowcat'), 0o755)
      write('lib/amandates', '')
      write('xinetd.conf', XINETD_CONF)
    }
    writeFileSync(path.join(dir, 'server/etc/lab/amanda.conf'), AMANDA_CONF)
    writeFileSync(path.join(dir, 'server/etc/lab/disklist'), `amclient /srv/many {\n slow\n auth "bsd"\n client-port "${BSD_PORT}"\n}\n`)
    const many = path.join(dir, 'client/srv/many')
    mkdirSync(many)
    for (let index = 0; index < fileCount; index++) writeFileSync(path.join(many, `file${index}`), Buffer.alloc(2048, index % 251))
    await command(['chown', '-R', 'backup:backup', path.join(dir, 'server'), path.join(dir, 'client')])
    // Others own the folders above: backup must be able to reach its own.
    for (const host of ['server', 'client']) chownSync(path.join(dir, host, 'hosts'), 0, 0)
    chmodSync(dir, 0o755)
    return stock
  }

  /** Where a file or directory of a host really lies: `etc`, `lib`, `log`, `srv`, `amandahosts`, `xinetd.conf`. */
  at(host: 'server' | 'client', name: string): string {
    return path.join(this.#dir, host, name)
  }

  /** Programs that start from now on see `file` at `target`, which must be there, until the result is called. */
  standIn(host: 'server' | 'client', target: string, file: string): () => void {
    this.#standIns[host].set(target, file)
    return () => void this.#standIns[host].delete(target)
  }

  #words(host: 'server' | 'client', argv: readonly string[], isBackup: boolean, prepare = ''): string[] {
    const extra = Object.entries(EXTRA_MOUNTS).filter(([name]) => existsSync(path.join(this.#dir, host, name)))
    const own = [...Object.entries(MOUNTS), ...extra].map(([name, target]) => [target, path.join(this.#dir, host, name)] as const)
    const mounts = [...own, ...this.#standIns[host]].map(([target, file]) => `mount --rbind '${file}' ${target}`)
    const script = ['set -e', `mkdir -p ${TEMP_DIR}`, ...mounts, prepare, 'exec "$@"'].join('\n')
    const user = isBackup ? ['setpriv', '--reuid=backup', '--regid=backup', '--init-groups'] : []
    return ['unshare', '-m', 'sh', '-c', script, 'sh', ...user, ...argv]
  }

  /** Words that run `argv` as root where the files of `host` are seen; the caller adds those that enter its network. */
  within(host: 'server' | 'client', argv: readonly string[]): string[] {
    return this.#words(host, argv, false)
  }

  /** Runs a program of the server's operator, as the user Amanda runs as. */
  onServer(argv: readonly string[], timeoutMs: number): Promise<CommandResult> {
    return this.#lab.tryRun('server', this.#words('server', argv, true), { timeoutMs })
  }

  /** Runs a command of an operator as root, as a shell of `host` would. */
  asRoot(host: 'server' | 'client', line: string): Promise<CommandResult> {
    return this.#lab.tryRun(host, this.#words(host, ['sh', '-c', line], false))
  }

  /** Runs a program on the server with all rights, as an operator who restores does. `input` is what he types. */
  onServerAsRoot(argv: readonly string[], timeoutMs: number, input = ''): Promise<CommandResult> {
    return this.#lab.tryRun('server', this.#words('server', argv, false), { timeoutMs, input })
  }

  /** The same on the client: amrecover runs there. */
  onClientAsRoot(argv: readonly string[], timeoutMs: number, input = ''): Promise<CommandResult> {
    return this.#lab.tryRun('client', this.#words('client', argv, false), { timeoutMs, input })
  }

  /** A program of the server's operator that goes on while the scenario breaks something. */
  startOnServer(argv: readonly string[]): BackgroundProcess {
    return this.#lab.start('server', this.#words('server', argv, true), path.join(this.#dir, 'operator.log'))
  }

  /** The server answers amrecover: its services are those of `xinetd.conf` of the server. */
  startServer(): BackgroundProcess {
    return this.#lab.start('server', this.#words('server', ['xinetd', '-dontfork', '-f', path.join(this.#dir, 'server/xinetd.conf')], false), path.join(this.#dir, 'xinetd-server.log'))
  }

  /** `prepare`: lines of shell that root runs before, in the client's own mounts: what they mount is gone with it. */
  startClient(prepare?: string): BackgroundProcess {
    return this.startOnClient(['xinetd', '-dontfork', '-f', path.join(this.#dir, 'client/xinetd.conf')], 'xinetd.log', prepare)
  }

  /** xinetd of the client takes connections: a run that comes earlier is refused, which is another failure than the one that is played. */
  async clientListens(): Promise<void> {
    await waitUntil('xinetd of the client listens', 30_000, async () => (await this.onClientAsRoot(['ss', '-Hlntu', 'sport = :10080'], 10_000)).stdout !== '')
  }

  /** Runs a program of the client's as root; what it prints is in `logName` beside the hosts. */
  startOnClient(argv: readonly string[], logName: string, prepare?: string): BackgroundProcess {
    return this.#lab.start('client', this.#words('client', argv, false, prepare), path.join(this.#dir, logName))
  }

  /** One amdump from start to end. */
  async dump(timeoutMs: number): Promise<StockRun> {
    await using _client = this.startClient()
    await waitUntil('the stock client answers', 30_000, async () => {
      const check = await this.onServer(['amcheck', '-c', CONFIG], 60_000)
      return /0 problems found/.test(check.stdout)
    }, 1000)
    const startedMs = Date.now()
    const run = await this.onServer(['amdump', CONFIG], timeoutMs)
    const seconds = (Date.now() - startedMs) / 1000
    const logDir = path.join(this.#dir, 'server/lib/lab/log')
    const logName = existsSync(logDir) ? readdirSync(logDir).filter((name) => /^log\.\d{14}\.0$/.test(name)).toSorted()[0] : undefined
    return { status: run.status, seconds, runLog: logName === undefined ? run.stdout + run.stderr : readFileSync(path.join(logDir, logName), 'utf8') }
  }

  [Symbol.dispose](): void {
    if (!this.#hadTempDir) rmSync(TEMP_DIR, { recursive: true, force: true })
  }
}
