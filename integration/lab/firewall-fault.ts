// Stock Amanda behind a firewall that forgets: the client is busy, or silent while it scans or estimates, over each of the transports; what both
// hosts logged is what the doctor is given. The kernels' keepalive is set as a fault wants it, and after that only by a cure.

import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from './commands.ts'
import { FirewallLab, type ForgottenVerdict, type LabHost } from './firewall-lab.ts'
import { must } from './must.ts'
import { SilenceWatch, type EndedConnection } from './silence-watch.ts'
import { amandaConf, AUTOLABEL, StockAmanda } from './stock-amanda.ts'

export type Auth = 'bsd' | 'bsdudp' | 'bsdtcp'

/** What the client does when its connections are lost: it sends, it scans in silence, it estimates in silence, it sends and the firewall is restarted, it sends and its cable is cut. */
export type Phase = 'busy' | 'scan' | 'estimate' | 'restart' | 'gone'

export interface FirewallFault {
  /** Seconds that a busy dump takes. Default: BUSY_S. */
  readonly busyS?: number
  /** Seconds that a silent scan or estimate takes. Default: SILENT_S. */
  readonly silentS?: number
  readonly auth: Auth
  readonly phase: Phase
  readonly forgotten: ForgottenVerdict
  /** Of both kernels: seconds to the first probe, between unanswered ones, and how many; undefined: as the kernel has it (2 h). */
  readonly keepalive?: readonly [timeS: number, intervalS: number, probes: number]
}

export const IDLE_LIMIT_S = 10
const NO_LIMIT_S = 3600
/** Longer than the limit and the probes of a fault's keepalive together, shorter than dtimeout: with living connections nothing fails. */
const SILENT_S = 18
const BUSY_S = 20
/** Of the disk whose dump makes room for the last one of a restart. */
const QUICK_FILE_COUNT = 300
/** How long the last dump of a restart has run when the firewall forgets. */
const RESTART_AFTER_MS = 3000
const FILE_COUNT = 900
/** Of tar: a header of 512 bytes, 1 KiB for its long name, and 2 KiB. */
const MEMBER_KIB = 3.5
const RUN_MS_MAX = 240_000
/** For a client that is silent when the server has given it up. */
const SETTLE_MS_MAX = 60_000
/** For what is logged when it is done. */
const AFTER_MS = 1500
/** Long names keep the index stream as busy as the data, so that only what Amanda leaves silent is silent, and fill the pipe of an index that nobody reads. */
const LONG_NAME = Array.from({ length: 2 }, () => 'a-directory-with-a-long-name-'.repeat(8)).join('/')

const SETTINGS = `tapecycle 8
inparallel 2
etimeout 60
dtimeout 22
ctimeout 10
connect-tries 1
req-tries 2
${AUTOLABEL}`

const TAR = `#!/bin/sh
case " $* " in
  *" --file /dev/null "*) read silent </etc/amanda/silent-estimate;;
  *" --create "*) read silent </etc/amanda/silent-scan;;
  *) silent=0;;
esac
sleep "$silent"
exec /etc/amanda/bin/tar "$@"
`

export const PORTS: Readonly<Record<Auth, number>> = { bsd: 10_090, bsdudp: 10_080, bsdtcp: 10_080 }

function xinetdService(auth: Auth): string {
  const [type, protocol, wait] = auth === 'bsdtcp' ? ['stream', 'tcp', 'no'] : ['dgram', 'udp', 'yes']
  return `service amanda-${auth}\n{\n type = UNLISTED\n flags = IPv4\n socket_type = ${type}\n protocol = ${protocol}\n wait = ${wait}\n port = ${PORTS[auth]}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = -auth=${auth} amdump\n}\n`
}

const XINETD_CONF = `defaults { instances = 30\n cps = 1000 1\n}\n${(['bsd', 'bsdudp', 'bsdtcp'] as const).map(xinetdService).join('')}`

function dumptype({ auth, phase }: FirewallFault): string {
  const slow = phase !== 'scan' && phase !== 'estimate' ? 'compress client custom\n    client_custom_compress "/etc/amanda/bin/slowcat"' : 'compress none'
  return `define dumptype walled {
    program "GNUTAR"
    index yes
    record no
    strategy noinc
    auth "${auth}"
    client-port "${PORTS[auth]}"
    estimate ${phase === 'estimate' ? 'client' : 'server'}
    maxdumps 2
    priority high
    ${slow}
}
define dumptype walled-late {
    walled
    priority low
}`
}

export interface FirewallRun {
  readonly status: number | null
  /** The run log (log.TIMESTAMP.0). */
  readonly runLog: string
  /** Connections of either host that were lost or closed. */
  readonly ended: readonly EndedConnection[]
}

/** One fault, in a lab of its own. */
export class FirewallFaultLab implements AsyncDisposable {
  readonly lab: FirewallLab
  readonly stock: StockAmanda
  readonly fault: FirewallFault

  private constructor(lab: FirewallLab, stock: StockAmanda, fault: FirewallFault) {
    this.lab = lab
    this.stock = stock
    this.fault = fault
  }

  static async create(dir: string, fault: FirewallFault): Promise<FirewallFaultLab> {
    mkdirSync(dir, { recursive: true })
    const lab = await FirewallLab.create({ idleLimitS: fault.phase === 'restart' || fault.phase === 'gone' ? NO_LIMIT_S : IDLE_LIMIT_S, forgotten: fault.forgotten })
    try {
      const stock = await StockAmanda.install(lab, dir, FILE_COUNT, Math.round((FILE_COUNT * MEMBER_KIB) / (fault.busyS ?? BUSY_S)))
      const made = new FirewallFaultLab(lab, stock, fault)
      await made.#layOut()
      return made
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  async #layOut(): Promise<void> {
    const { stock, fault } = this
    writeFileSync(stock.at('server', 'etc/lab/amanda.conf'), amandaConf(SETTINGS, dumptype(fault)))
    writeFileSync(stock.at('server', 'etc/lab/disklist'), `amclient /srv/many walled\n${fault.phase === 'restart' ? 'amclient /srv/quick walled\namclient /srv/more walled-late\n' : ''}`)
    writeFileSync(stock.at('client', 'xinetd.conf'), XINETD_CONF)
    this.beSilent(true)
    copyFileSync('/usr/bin/tar', stock.at('client', 'etc/bin/tar'))
    writeFileSync(stock.at('client', 'tar'), TAR)
    chmodSync(stock.at('client', 'tar'), 0o755)
    this.#layOutTrees()
    const [timeS, intervalS, probes] = fault.keepalive ?? []
    for (const host of ['server', 'client'] as const) {
      mkdirSync(stock.at(host, 'sysctl.d'))
      if (timeS !== undefined) await this.lab.run(host, ['sysctl', '-qw', `net.ipv4.tcp_keepalive_time=${timeS}`, `net.ipv4.tcp_keepalive_intvl=${intervalS}`, `net.ipv4.tcp_keepalive_probes=${probes}`])
    }
  }

  #layOutTrees(): void {
    const { stock, fault } = this
    const many = stock.at('client', 'srv/many')
    const names = readdirSync(many)
    mkdirSync(path.join(many, LONG_NAME), { recursive: true })
    for (const name of names) renameSync(path.join(many, name), path.join(many, LONG_NAME, name))
    if (fault.phase !== 'restart') return
    cpSync(many, stock.at('client', 'srv/more'), { recursive: true })
    mkdirSync(stock.at('client', 'srv/quick'))
    for (const name of names.slice(0, QUICK_FILE_COUNT)) copyFileSync(path.join(many, LONG_NAME, name), path.join(stock.at('client', 'srv/quick'), name))
  }

  /** Whether the client's tar is silent in the phase of the fault. */
  beSilent(isSilent: boolean): void {
    const { stock, fault } = this
    for (const phase of ['estimate', 'scan'] as const) writeFileSync(stock.at('client', `etc/silent-${phase}`), `${isSilent && fault.phase === phase ? (fault.silentS ?? SILENT_S) : 0}\n`)
  }

  /** Directories with all logs of a host. */
  logs(host: 'server' | 'client'): string[] {
    return host === 'server' ? [this.stock.at('server', 'lib/lab/log'), this.stock.at('server', 'log')] : [this.stock.at('client', 'log')]
  }

  /** The directories stay: the client's programs have them mounted. */
  clearLogs(): void {
    for (const dir of [...this.logs('server'), ...this.logs('client')]) for (const name of readdirSync(dir)) rmSync(path.join(dir, name), { recursive: true })
  }

  /** `amdump lab` to its end. The client must listen. `isDisturbed`: the firewall is restarted in mid-dump, if that is the fault. */
  async amdump(isDisturbed: boolean): Promise<FirewallRun> {
    const watches = (['server', 'client'] as const).map((host) => new SilenceWatch(this.lab, host))
    const run = this.stock.onServer(['amdump', 'lab'], RUN_MS_MAX)
    try {
      if (isDisturbed) await this.disturb()
      const { status } = await run
      await this.lab.setCable('alive')
      await this.#settle()
      const logDir = this.stock.at('server', 'lib/lab/log')
      const runLog = readdirSync(logDir).filter((name) => /^log\.\d{14}\.0$/.test(name)).map((name) => readFileSync(path.join(logDir, name), 'utf8')).join('')
      return { status, runLog, ended: watches.flatMap((watch) => watch.ended) }
    } finally {
      await run
      for (const watch of watches) await watch[Symbol.asyncDispose]()
    }
  }

  /** Breaks in mid-dump what the fault breaks, if it does: when all of its dumps have begun, and the last of them has run for a while. */
  async disturb(): Promise<void> {
    if (this.fault.phase === 'restart') await this.#disturbAfter(3, () => this.lab.forgetAll())
    if (this.fault.phase === 'gone') await this.#disturbAfter(1, () => this.lab.setCable('dead'))
  }

  async #disturbAfter(dumpCount: number, disturb: () => Promise<void>): Promise<void> {
    const logDir = this.stock.at('server', 'lib/lab/log')
    await waitUntil('the last dump begins', RUN_MS_MAX, () => {
      const logs = existsSync(logDir) ? readdirSync(logDir).filter((name) => /^amdump\.\d{14}$/.test(name)) : []
      return logs.some((name) => [...readFileSync(path.join(logDir, name), 'utf8').matchAll(/ to dumper\d+: SHM-DUMP /g)].length >= dumpCount)
    })
    await sleep(RESTART_AFTER_MS)
    await disturb()
  }

  /** Waits until the client is silent no longer: what it says then fails, and is logged. */
  async #settle(): Promise<void> {
    const isSilent = (pid: string): boolean => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'
      } catch {
        return false
      }
    }
    await waitUntil('the client is silent no longer', SETTLE_MS_MAX, async () => {
      const pids = await this.lab.tryRun('client', ['ip', 'netns', 'pids', this.lab.namespace('client')])
      return !pids.stdout.split('\n').some((pid) => pid !== '' && isSilent(pid))
    })
    await sleep(AFTER_MS)
  }

  /** Runs a line of a cure there, as an operator would in a shell. What it writes below /etc stays with the host. */
  async cure(host: LabHost, line: string): Promise<void> {
    if (host === 'firewall') mkdirSync(this.#firewallSettings, { recursive: true })
    const { status, stderr } = await (host === 'firewall' ? this.lab.tryRun(host, ['unshare', '-m', 'sh', '-c', `mount --bind '${this.#firewallSettings}' /etc/sysctl.d; ${line}`]) : this.stock.asRoot(host, line))
    must(status === 0, `the cure ended with ${status}: ${line}: ${stderr.trim()}`)
  }

  get #firewallSettings(): string {
    return path.join(this.stock.at('server', '..'), 'firewall-sysctl.d')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]()
    this.stock[Symbol.dispose]()
  }
}
