// Which keys speak for which hosts, and the tokens that wait to be used. One JSON file, replaced atomically; every change is durable
// before it counts. Tokens are kept as hashes, so that whoever reads the file cannot enrol. It knows nothing of links.

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'

export interface EnrolledKey {
  readonly fingerprint: string
  /** `next`: offered by a renewal and not used yet; `revoked`: must never be let in again. */
  readonly state: 'active' | 'next' | 'revoked'
  readonly sinceMs: number
}

export interface EnrolledHost {
  readonly host: string
  readonly keys: readonly EnrolledKey[]
}

interface StoredToken {
  readonly host: string
  readonly secretHash: string
  readonly expiresMs: number
}

interface RegistryState {
  readonly version: 1
  readonly hosts: readonly EnrolledHost[]
  readonly tokens: readonly StoredToken[]
}

export type Admission =
  | { readonly kind: 'known'; readonly host: string }
  | { readonly kind: 'revoked'; readonly host: string }
  | { readonly kind: 'unknown' }

const HOST_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
const TOKENS_MAX = 1000
const EMPTY: RegistryState = { version: 1, hosts: [], tokens: [] }

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

export class AgentRegistry {
  readonly #disk: Disk
  readonly #file: string
  #state: RegistryState
  /** Changes wait for each other, so that none is lost. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(disk: Disk, file: string, state: RegistryState) {
    this.#disk = disk
    this.#file = file
    this.#state = state
  }

  /** Reads `file`; a missing one is an empty registry. */
  static async open(disk: Disk, file: string): Promise<AgentRegistry> {
    return new AgentRegistry(disk, file, await load(disk, file))
  }

  /** Takes in what another process wrote to the file. */
  async reload(): Promise<void> {
    this.#state = await load(this.#disk, this.#file)
  }

  hosts(): readonly EnrolledHost[] {
    return this.#state.hosts
  }

  /** Hosts with a token that was not used yet. */
  waiting(nowMs: number): readonly string[] {
    return this.#state.tokens.filter((token) => token.expiresMs > nowMs).map((token) => token.host)
  }

  admit(fingerprint: string): Admission {
    for (const { host, keys } of this.#state.hosts) {
      const key = keys.find((candidate) => isSame(candidate.fingerprint, fingerprint))
      if (key !== undefined) return { kind: key.state === 'revoked' ? 'revoked' : 'known', host }
    }
    return { kind: 'unknown' }
  }

  /** Remembers a token for `host`. An earlier token of the host is no longer good. */
  addToken(host: string, secret: string, expiresMs: number, nowMs: number): Promise<void> {
    if (!HOST_PATTERN.test(host)) return Promise.reject(new Fault('token-invalid', `${JSON.stringify(host)} is not a host name`))
    return this.#change((state) => {
      const tokens = state.tokens.filter((token) => token.host !== host && token.expiresMs > nowMs)
      if (tokens.length >= TOKENS_MAX) throw new Fault('token-invalid', `more than ${TOKENS_MAX} tokens wait to be used`)
      return { ...state, tokens: [...tokens, { host, secretHash: hashOf(secret), expiresMs }] }
    })
  }

  /**
   * Uses a token up and lets `fingerprint` speak for its host. Durable when it resolves, so a token never works twice. Other keys of the
   * host are revoked: whoever enrols anew replaces the old agent.
   */
  async enrol(secret: string, fingerprint: string, nowMs: number): Promise<string> {
    let host = ''
    await this.#change((state) => {
      const hash = hashOf(secret)
      const token = state.tokens.find((candidate) => isSame(candidate.secretHash, hash))
      if (token === undefined) throw new Fault('enrolment-refused', 'the token is not known: it was used, replaced or never made here')
      if (token.expiresMs <= nowMs) throw new Fault('enrolment-refused', `the token for ${token.host} has expired`)
      if (this.admit(fingerprint).kind !== 'unknown') throw new Fault('enrolment-refused', 'this key is enrolled already')
      host = token.host
      const old = state.hosts.find((entry) => entry.host === host)
      const keys = [...(old?.keys ?? []).map((key) => ({ ...key, state: 'revoked' as const })), { fingerprint, state: 'active' as const, sinceMs: nowMs }]
      return { ...state, hosts: [...state.hosts.filter((entry) => entry.host !== host), { host, keys }], tokens: state.tokens.filter((candidate) => candidate !== token) }
    })
    return host
  }

  /** Accepts `fingerprint` as the next key of `host`, beside the one in use. */
  offerNext(host: string, fingerprint: string, nowMs: number): Promise<void> {
    return this.#changeHost(host, (keys) => {
      if (this.admit(fingerprint).kind !== 'unknown') return keys
      return [...keys.filter((key) => key.state !== 'next'), { fingerprint, state: 'next', sinceMs: nowMs }]
    })
  }

  /** The key was used: if it was the next one, it takes the place of the old one, which is let in no more. */
  noteUsed(host: string, fingerprint: string): Promise<void> {
    const used = this.#state.hosts.find((entry) => entry.host === host)?.keys.find((key) => key.fingerprint === fingerprint)
    if (used?.state !== 'next') return Promise.resolve()
    return this.#changeHost(host, (keys) => keys.filter((key) => key.state !== 'active').map((key) => (key.fingerprint === fingerprint ? { ...key, state: 'active' as const } : key)))
  }

  /** No key of `host` is let in again. */
  revoke(host: string): Promise<void> {
    return this.#changeHost(host, (keys) => keys.map((key) => ({ ...key, state: 'revoked' as const })))
  }

  rename(from: string, to: string): Promise<void> {
    if (!HOST_PATTERN.test(to)) return Promise.reject(new Fault('config-invalid', `${JSON.stringify(to)} is not a host name`))
    return this.#change((state) => {
      if (!state.hosts.some((entry) => entry.host === from)) throw new Fault('host-unknown', `no agent is enrolled for ${from}`)
      if (state.hosts.some((entry) => entry.host === to)) throw new Fault('config-invalid', `an agent is enrolled for ${to} already`)
      return { ...state, hosts: state.hosts.map((entry) => (entry.host === from ? { ...entry, host: to } : entry)) }
    })
  }

  #changeHost(host: string, change: (keys: readonly EnrolledKey[]) => readonly EnrolledKey[]): Promise<void> {
    return this.#change((state) => {
      const entry = state.hosts.find((candidate) => candidate.host === host)
      if (entry === undefined) throw new Fault('host-unknown', `no agent is enrolled for ${host}`)
      return { ...state, hosts: state.hosts.map((candidate) => (candidate === entry ? { host, keys: change(entry.keys) } : candidate)) }
    })
  }

  #change(change: (state: RegistryState) => RegistryState): Promise<void> {
    const work = this.#last.then(async () => {
      const state = change(this.#state)
      await replaceFile(this.#disk, this.#file, Buffer.from(`${JSON.stringify(state, undefined, 2)}\n`))
      this.#state = state
    })
    this.#last = work.catch(() => {})
    return work
  }
}

async function load(disk: Disk, file: string): Promise<RegistryState> {
  try {
    const state = JSON.parse((await readFile(disk, file)).toString('utf8')) as RegistryState
    if (state.version !== 1 || !Array.isArray(state.hosts) || !Array.isArray(state.tokens)) throw new Fault('wire-malformed', 'unknown version')
    return state
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return EMPTY
    throw new Fault('wire-malformed', `the registry of agents ${file} cannot be read`, { cause: error, next: 'Restore the file from a copy, or remove it and enrol the agents again.' })
  }
}
