// What decides who is let in: the enrolment token a person pastes, and the server's file of agents and tokens.

import { Fault } from '../../../src/kernel/fault.ts'
import type { Disk } from '../../../src/kernel/disk.ts'
import { AgentRegistry } from '../../../src/transport/tether/agent-registry.ts'
import { formatToken, parseToken } from '../../../src/transport/tether/enrolment.ts'
import { memoryFileDisk } from '../memory-file-disk.ts'
import { must, type FuzzTarget } from '../target.ts'

const FINGERPRINT = 'ab'.repeat(32)
const TOKEN = { host: 'laptop', addresses: [{ host: 'backup.example', port: 10_090 }, { host: '::1', port: 1 }], serverFingerprint: FINGERPRINT, secret: 'c2VjcmV0', expiresMs: 1_700_000_000_000 }

const token: FuzzTarget = {
  name: 'enrolment-token',
  summary: 'the word that a person pastes (src/transport/tether/enrolment.ts)',
  codes: ['token-invalid'],
  corpus: () => [Buffer.from(formatToken(TOKEN))],
  words: ['hf1.', 'bnVsbA', '='],
  generate: (_, mutate) => Buffer.from(`hf1.${mutate(Buffer.from(Buffer.from(formatToken(TOKEN).slice(4), 'base64url').toString('latin1'), 'latin1')).toString('base64url')}`),
  run(input) {
    const parsed = parseToken(input.toString('utf8'))
    must(JSON.stringify(parseToken(formatToken(parsed))) === JSON.stringify(parsed), 'a token that was read can be written')
  },
}

function registryText(): string {
  const keys = [{ fingerprint: FINGERPRINT, state: 'active', sinceMs: 1 }, { fingerprint: '00', state: 'revoked', sinceMs: 0 }]
  return JSON.stringify({ version: 1, hosts: [{ host: 'laptop', keys }], tokens: [{ host: 'desk', secretHash: 'cd'.repeat(32), expiresMs: 5000 }] })
}

const registry: FuzzTarget = {
  name: 'agent-registry',
  summary: 'the file of enrolled keys and waiting tokens (src/transport/tether/agent-registry.ts)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.from(registryText()), Buffer.from('{"version":1,"hosts":[],"tokens":[]}')],
  words: ['null', '[]', '{}', '""', '"hosts"', '"keys"', '"tokens"', '"state":"next"', '"fingerprint"', '1e999', '"\\u0000"', '"__proto__":'],
  async run(input) {
    const disk: Disk = memoryFileDisk('/r', input)
    const opened = await AgentRegistry.open(disk, '/r')
    opened.admit(FINGERPRINT)
    opened.waiting(0)
    for (const { keys } of opened.hosts()) for (const key of keys) opened.admit(key.fingerprint)
    const refusal = await opened.enrol('nobody knows it', 'ee', 0).catch((error: unknown) => error)
    must(refusal instanceof Fault && refusal.code === 'enrolment-refused', 'a token that nobody made lets nobody in')
  },
}

export const TETHER_TRUST_TARGETS: readonly FuzzTarget[] = [token, registry]
