// Which keys speak for which hosts, and the tokens that wait to be used. One JSON file, replaced atomically; every change is durable
// before it counts. Tokens are kept as hashes, so that whoever reads the file cannot enrol. It knows nothing of links.

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { Turns } from '../../kernel/turns.ts'

export interface EnrolledKey {
  readonly fingerprint: string
  /** `next`: offered by a renewal and not used yet; `revoked`: must never be let in again. */
  readonly state: 'active' | 'next' | 'revoked'
  readonly sinceMs: number
}

export interface EnrolledHost {
  readonly host: string
  readonly keys: readonly EnrolledKey[]
  /** Wall time when a new key was asked for; gone once the agent has used one. */
  readonly renewalAskedMs?: number
}

interface StoredToken {
  readonly host: string
  readonly secretHash: string
  readonly expiresMs: number
  /** Fingerprint of the key that used it up. Kept until the token expires, because the answer to that key may have been lost. */
  readonly usedBy?: string
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
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export class AgentRegistry {
  readonly #disk: Disk
  readonly #file: string
  #state: RegistryState
  /** Changes wait for each other, so that none is lost. */
  readonly #turns = new Turns()

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
    return this.#state.tokens.filter((token) => token.expiresMs > nowMs && token.usedBy === undefined).map((token) => token.host)
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
   * Uses a token up and lets `fingerprint` speak for its host. Durable when it resolves, so a token never works for two keys. Other keys
   * of the host are revoked: whoever enrols anew replaces the old agent. The key that used a token may show it again until it expires, and
   * gets the same answer with `isNew` false.
   */
  async enrol(secret: string, fingerprint: string, nowMs: number): Promise<{ readonly host: string; readonly isNew: boolean }> {
    let host = ''
    let isNew = true
    await this.#change((state) => {
      const hash = hashOf(secret)
      const token = state.tokens.find((candidate) => isSame(candidate.secretHash, hash))
      if (token === undefined) throw new Fault('enrolment-refused', 'the token is not known: it was used, replaced or never made here')
      if (token.expiresMs <= nowMs) throw new Fault('enrolment-refused', `the token for ${token.host} has expired`)
      const admission = this.admit(fingerprint)
      if (token.usedBy !== undefined) {
        if (!isSame(token.usedBy, fingerprint) || admission.kind !== 'known') throw new Fault('enrolment-refused', `the token for ${token.host} was used already`)
        host = admission.host
        isNew = false
        return state
      }
      if (admission.kind !== 'unknown') throw new Fault('enrolment-refused', 'this key is enrolled already')
      host = token.host
      const old = state.hosts.find((entry) => entry.host === host)
      const keys = [...(old?.keys ?? []).map((key) => ({ ...key, state: 'revoked' as const })), { fingerprint, state: 'active' as const, sinceMs: nowMs }]
      return { ...state, hosts: [...state.hosts.filter((entry) => entry.host !== host), { host, keys }], tokens: state.tokens.map((candidate) => (candidate === token ? { ...token, usedBy: fingerprint } : candidate)) }
    })
    return { host, isNew }
  }

  /** Accepts `fingerprint` as the next key of `host`, beside the one in use. A key of another host or a revoked one is `key-refused`. */
  offerNext(host: string, fingerprint: string, nowMs: number): Promise<void> {
    return this.#changeHost(host, (keys) => {
      const admission = this.admit(fingerprint)
      if (admission.kind === 'known' && admission.host === host) return keys
      if (admission.kind !== 'unknown') throw new Fault('key-refused', `the key that ${host} offers belongs to ${admission.host} or was revoked`)
      return [...keys.filter((key) => key.state !== 'next'), { fingerprint, state: 'next', sinceMs: nowMs }]
    })
  }

  /** The key was used: if it was the next one, it takes the place of the old one, which is let in no more. */
  noteUsed(host: string, fingerprint: string): Promise<void> {
    const used = this.#state.hosts.find((entry) => entry.host === host)?.keys.find((key) => key.fingerprint === fingerprint)
    if (used?.state !== 'next') return Promise.resolve()
    return this.#change((state) => ({
      ...state,
      hosts: state.hosts.map((entry) => {
        if (entry.host !== host) return entry
        return { host, keys: entry.keys.filter((key) => key.state !== 'active').map((key) => (key.fingerprint === fingerprint ? { ...key, state: 'active' as const } : key)) }
      }),
    }))
  }

  /** Remembers that `host` shall get a new key, until it has used one. */
  askRenewal(host: string, nowMs: number): Promise<void> {
    return this.#changeHost(host, (keys) => keys, { renewalAskedMs: nowMs })
  }

  /** Whether `host` shall get a new key and has not used one yet. */
  isRenewalAsked(host: string): boolean {
    return this.#state.hosts.some((entry) => entry.host === host && entry.renewalAskedMs !== undefined)
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

  #changeHost(host: string, change: (keys: readonly EnrolledKey[]) => readonly EnrolledKey[], more: Pick<EnrolledHost, 'renewalAskedMs'> = {}): Promise<void> {
    return this.#change((state) => {
      const entry = state.hosts.find((candidate) => candidate.host === host)
      if (entry === undefined) throw new Fault('host-unknown', `no agent is enrolled for ${host}`)
      return { ...state, hosts: state.hosts.map((candidate) => (candidate === entry ? { ...entry, keys: change(entry.keys), ...more } : candidate)) }
    })
  }

  #change(change: (state: RegistryState) => RegistryState): Promise<void> {
    return this.#turns.take(async () => {
      const state = change(this.#state)
      if (state === this.#state) return
      await replaceFile(this.#disk, this.#file, Buffer.from(`${JSON.stringify(state, undefined, 2)}\n`))
      this.#state = state
    })
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isEnrolledKey(value: unknown): value is EnrolledKey {
  return isRecord(value) && typeof value['fingerprint'] === 'string' && (value['state'] === 'active' || value['state'] === 'next' || value['state'] === 'revoked') && typeof value['sinceMs'] === 'number'
}

function isEnrolledHost(value: unknown): value is EnrolledHost {
  return isRecord(value) && typeof value['host'] === 'string' && Array.isArray(value['keys']) && value['keys'].every(isEnrolledKey)
}

function isStoredToken(value: unknown): value is StoredToken {
  return isRecord(value) && typeof value['host'] === 'string' && typeof value['secretHash'] === 'string' && typeof value['expiresMs'] === 'number'
}

/** A file that is damaged in any place lets nobody in: half of a registry could miss a revocation. */
function isRegistryState(value: unknown): value is RegistryState {
  return isRecord(value) && value['version'] === 1 && Array.isArray(value['hosts']) && value['hosts'].every(isEnrolledHost) && Array.isArray(value['tokens']) && value['tokens'].every(isStoredToken)
}

async function load(disk: Disk, file: string): Promise<RegistryState> {
  try {
    const state: unknown = JSON.parse((await readFile(disk, file)).toString('utf8'))
    if (!isRegistryState(state)) throw new Fault('wire-malformed', 'it has another form, or is of another version')
    return state
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return EMPTY
    throw new Fault('wire-malformed', `the registry of agents ${file} cannot be read`, { cause: error, next: 'Restore the file from a copy, or remove it and enrol the agents again.' })
  }
}
