// Three hosts on one machine: server and client, and between them a firewall that tracks connections and forgets idle ones. Network
// namespaces joined by veth pairs; nftables with conntrack. Names, namespaces and links carry a number of their own, so that
// several labs run side by side; all of it is gone after disposal.

import { command, runCommand, BackgroundProcess, type CommandOptions, type CommandResult } from './commands.ts'

export type LabHost = 'server' | 'firewall' | 'client'

/** What the firewall does with a packet of a connection that it has forgotten. */
export type ForgottenVerdict = 'reset' | 'silence'

export interface FirewallOptions {
  /** Idle seconds after which an established connection is forgotten. */
  readonly idleLimitS: number
  readonly forgotten: ForgottenVerdict
  /** Whose packets it drops or rejects on a connection that was idle; default: both. Packets of one end keep only that end's entry. */
  readonly forgetsFrom?: 'both' | 'server' | 'client'
  /** Of a hundred packets in each direction so many are lost, behind connection tracking. */
  readonly lossPercent?: number
  /** More tables for the firewall. */
  readonly moreRules?: string
  /** The kernel's own keepalive of both hosts, for sockets that ask for it; seconds. Default: the kernel's 7200. */
  readonly kernelKeepaliveS?: number
}

export const SERVER_ADDRESS = '10.77.1.10'
export const CLIENT_ADDRESS = '10.77.2.10'

let labCount = 0

/** Packets that vanish at random behind connection tracking. */
function lossRules(percent: number): string {
  return `table inet loss {
  chain out { type filter hook postrouting priority 300; policy accept; meta l4proto tcp numgen random mod 1000 < ${percent * 10} drop; }
}
`
}

/** Entries of one end only, in a set whose elements time out, instead of connection tracking. */
function oneWayRules(address: string, verdict: string, idleLimitS: number): string {
  const flow = 'ip saddr . tcp sport . ip daddr . tcp dport'
  return `
flush ruleset
table inet lab {
  counter forgotten_packets {}
  set seen { type ipv4_addr . inet_service . ipv4_addr . inet_service; size 65535; flags dynamic,timeout; }
  chain cable { type filter hook prerouting priority raw; policy accept; }
  chain forward {
    type filter hook forward priority filter; policy accept;
    meta l4proto != tcp accept
    ip saddr != ${address} accept
    tcp flags & (syn | rst) != 0 update @seen { ${flow} timeout ${idleLimitS}s } accept
    ${flow} @seen update @seen { ${flow} timeout ${idleLimitS}s } accept
    counter name forgotten_packets ${verdict}
  }
}
`
}

function rules({ forgotten, forgetsFrom = 'both', idleLimitS }: FirewallOptions): string {
  const verdict = forgotten === 'reset' ? 'reject with tcp reset' : 'drop'
  if (forgetsFrom !== 'both') return oneWayRules(forgetsFrom === 'server' ? SERVER_ADDRESS : CLIENT_ADDRESS, verdict, idleLimitS)
  return `
flush ruleset
table inet lab {
  counter forgotten_packets {}
  chain cable { type filter hook prerouting priority raw; policy accept; }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    tcp flags & (fin|syn|rst|ack) == syn ct state new accept
    meta l4proto { udp, icmp } accept
    meta l4proto tcp counter name forgotten_packets ${verdict}
  }
}
`
}

export class FirewallLab implements AsyncDisposable {
  readonly #prefix: string

  private constructor(prefix: string) {
    this.#prefix = prefix
  }

  static async create(options: FirewallOptions): Promise<FirewallLab> {
    const lab = new FirewallLab(`hf${process.pid % 100_000}x${labCount++}`)
    try {
      await lab.#build(options)
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  namespace(host: LabHost): string {
    return `${this.#prefix}${host.slice(0, 1)}`
  }

  /** The firewall's interface towards the client. */
  get clientInterface(): string {
    return this.#outer('client')
  }

  /** Words that run what follows on `host`. */
  on(host: LabHost, argv: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.namespace(host), ...argv]
  }

  run(host: LabHost, argv: readonly string[], options?: CommandOptions): Promise<string> {
    return command(this.on(host, argv), options)
  }

  tryRun(host: LabHost, argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(this.on(host, argv), options)
  }

  start(host: LabHost, argv: readonly string[], logFile: string, options?: CommandOptions): BackgroundProcess {
    return new BackgroundProcess(this.on(host, argv), logFile, options)
  }

  /** The firewall forgets every connection at once, as after a restart. */
  async forgetAll(): Promise<void> {
    await this.run('firewall', ['conntrack', '-F'])
  }

  /** Dead: nothing passes in any direction, and nobody is told. */
  async setCable(state: 'alive' | 'dead'): Promise<void> {
    await this.run('firewall', state === 'dead' ? ['nft', 'add', 'rule', 'inet', 'lab', 'cable', 'drop'] : ['nft', 'flush', 'chain', 'inet', 'lab', 'cable'])
  }

  /** Packets that met a forgotten connection. */
  async forgottenPackets(): Promise<number> {
    const text = await this.run('firewall', ['nft', 'list', 'counter', 'inet', 'lab', 'forgotten_packets'])
    return Number(/packets (\d+)/.exec(text)?.[1] ?? Number.NaN)
  }

  /** Ends whatever runs on the three hosts. */
  async killAll(): Promise<void> {
    for (const host of ['server', 'client', 'firewall'] as const) {
      const pids = await runCommand(['ip', 'netns', 'pids', this.namespace(host)])
      for (const pid of pids.stdout.split('\n').filter((line) => line !== '')) {
        try {
          process.kill(Number(pid), 'SIGKILL')
        } catch {
          // Gone already.
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll()
    for (const host of ['server', 'client', 'firewall'] as const) await runCommand(['ip', 'netns', 'delete', this.namespace(host)])
  }

  async #build(options: FirewallOptions): Promise<void> {
    for (const host of ['server', 'firewall', 'client'] as const) {
      await command(['ip', 'netns', 'add', this.namespace(host)])
      await this.run(host, ['ip', 'link', 'set', 'lo', 'up'])
    }
    await this.#join('server', '10.77.1')
    await this.#join('client', '10.77.2')
    const settings = [
      'net.ipv4.ip_forward=1',
      // A packet in mid-connection does not make a new entry: what was forgotten stays forgotten.
      'net.netfilter.nf_conntrack_tcp_loose=0',
      `net.netfilter.nf_conntrack_tcp_timeout_established=${options.idleLimitS}`,
    ]
    await this.run('firewall', ['nft', '-f', '-'], { input: rules(options) })
    await this.run('firewall', ['sysctl', '-qw', ...settings])
    if (options.lossPercent !== undefined && options.lossPercent > 0) await this.run('firewall', ['nft', '-f', '-'], { input: lossRules(options.lossPercent) })
    if (options.moreRules !== undefined) await this.run('firewall', ['nft', '-f', '-'], { input: options.moreRules })
    if (options.kernelKeepaliveS !== undefined) {
      for (const host of ['server', 'client'] as const) await this.run(host, ['sysctl', '-qw', `net.ipv4.tcp_keepalive_time=${options.kernelKeepaliveS}`])
    }
  }

  #outer(host: 'server' | 'client'): string {
    return `${this.namespace(host)}o`
  }

  async #join(host: 'server' | 'client', net: string): Promise<void> {
    const outer = this.#outer(host)
    await command(['ip', 'link', 'add', 'eth0', 'netns', this.namespace(host), 'type', 'veth', 'peer', 'name', outer, 'netns', this.namespace('firewall')])
    await this.run(host, ['ip', 'address', 'add', `${net}.10/24`, 'dev', 'eth0'])
    await this.run(host, ['ip', 'link', 'set', 'eth0', 'up'])
    await this.run('firewall', ['ip', 'address', 'add', `${net}.1/24`, 'dev', outer])
    await this.run('firewall', ['ip', 'link', 'set', outer, 'up'])
    await this.run(host, ['ip', 'route', 'add', 'default', 'via', `${net}.1`])
  }
}
