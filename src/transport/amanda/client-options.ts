// What the server knows of one stock client: how to reach it, and how patient to be. Names of limits are Amanda's where it has one.

/** How a stock client is spoken to (docs/stock-clients.md). */
export type StockAuth = 'bsdtcp' | 'bsdudp' | 'bsd' | 'ssh' | 'local'

/** With these a program is started that is amandad or leads to it: no port of ours, no .amandahosts. */
export function startsProgram(auth: StockAuth): auth is 'ssh' | 'local' {
  return auth === 'ssh' || auth === 'local'
}

/** What ssh and local need to start amandad. */
export interface AmandadProgram {
  /** Absolute, on the client. */
  readonly path: string
  /** Who runs it there. */
  readonly login: string
  /** File with the private key; undefined: those of ssh's own configuration. */
  readonly keyFile: string | undefined
  /** Of sshd; undefined: that of ssh's own configuration. */
  readonly port: number | undefined
}

/** Ports of this machine, both ends included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

export interface StockClientOptions {
  readonly auth: StockAuth
  /** Name or address. */
  readonly address: string
  readonly port: number
  readonly amandad: AmandadProgram
  /** Login of the server that the client's .amandahosts must allow. */
  readonly user: string
  /** For one try of one connection. */
  readonly connectTimeoutMs: number
  readonly connectTries: number
  /** How often a request is sent before the client counts as silent; it has ACK_WAIT_MS to acknowledge each. */
  readonly requestTries: number
  /** ctimeout: for the reply to noop and selfcheck. */
  readonly replyTimeoutMs: number
  /** etimeout: for the next word of an estimate. */
  readonly estimateTimeoutMs: number
  /** A silent connection sends a probe so often; what was learned of the path can make it shorter. */
  readonly keepaliveMs: number
  /** Below 1024: amandad takes requests from no other port. */
  readonly reservedTcpPorts: PortRange
  readonly reservedUdpPorts: PortRange
  /** From where streams of bsd and bsdudp are connected; undefined: any port. */
  readonly unreservedTcpPorts: PortRange | undefined
}
