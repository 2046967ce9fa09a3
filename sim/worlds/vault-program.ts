// The program of the vault world: one process that owns a vault and lets dumps, a collection and a check run at once, some of them stopped in the middle. All of it but the
// maker is production code; it tells the oracle what it was promised.

import type { Clock } from '../../src/kernel/clock.ts'
import type { Disk } from '../../src/kernel/disk.ts'
import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { Random } from '../../src/kernel/random.ts'
import type { Vault } from '../../src/storage/vault/contract.ts'
import { openVault, type HeadWitness } from '../../src/storage/vault/open-vault.ts'
import { VaultMaker } from '../../testkit/vault-maker.ts'
import type { NonceRecord } from '../nonce-record.ts'
import { VAULT_DIR, type VaultOracle } from './vault-oracle.ts'
import { fail } from '../world.ts'

const HOSTS = ['mail', 'web']
const NEVER = new AbortController().signal

export interface VaultProgramParts {
  readonly clock: Clock
  readonly disk: Disk
  readonly random: Random
  /** Of keys and names; the same as `random` but for a planted defect. */
  readonly secrets: Random
  readonly oracle: VaultOracle
  readonly nonces: NonceRecord
  readonly witness: HeadWitness
  /** A planted defect: a maker's count of blocks goes back, and nobody knows why. */
  readonly isForgetful: boolean
  readonly isClean: boolean
  readonly state: (name: string) => void
  /** Something is durable now: looks at the disk. */
  readonly promised: (what: string) => Promise<void>
}

/** Rejects with the Fault that ended the process. */
export async function runVault(parts: VaultProgramParts): Promise<void> {
  const { clock, disk, secrets, oracle, random, witness, isClean } = parts
  await using vault = await openVault({ disk, directory: VAULT_DIR, keys: oracle.keys(secrets), threads: oracle.threads(), clock, random: secrets, log: silentLog, owner: { host: 'sim', pid: 1, process: '', sinceMs: 0 }, isGone: () => true, witness, limits: oracle.size.limits }, 'write')
  parts.state('opened')
  const dumping = HOSTS.map((host) => dumps(vault, host, isClean ? 1 : 1 + random.int(oracle.size.dumpsMax), parts))
  const others = isClean ? [] : [...(random.int(2) === 0 ? [prune(vault, parts)] : []), ...(random.int(3) === 0 ? [check(vault, parts)] : [])]
  const results = await Promise.allSettled([...dumping, ...others])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  if (!isClean) return
  await prune(vault, parts)
  const orphans = await vault.findOrphans()
  if (orphans.length > 0) fail(`after a collection of everything, ${orphans[0]?.object} is named by nothing`)
  await check(vault, parts)
}

async function dumps(vault: Vault, host: string, count: number, parts: VaultProgramParts): Promise<void> {
  for (let done = 0; done < count; done++) await dumpOne(vault, host, parts)
}

async function dumpOne(vault: Vault, host: string, parts: VaultProgramParts): Promise<void> {
  const { oracle, nonces, random, clock } = parts
  const { run, bytes } = oracle.plan(random)
  const intake = await vault.beginDump({ host, disk: '/', run, level: 0, baseRun: undefined, domain: host === 'web' && random.int(2) === 0 ? host : '', maker: 'archive', compressLevel: 1, startedMs: clock.wallMs() })
  const stopAt = !parts.isClean && random.int(5) === 0 ? random.int(bytes.length) : Number.POSITIVE_INFINITY
  // Its machine is put back to a snapshot and goes on: with what it remembers of then, and with files as they are now.
  let blocks = 0
  let isSetBack = false
  const setBackAt = !parts.isClean && random.int(8) === 0 ? 1 + random.int(4) : Number.POSITIVE_INFINITY
  const maker = new VaultMaker(
    intake, oracle.threads(), oracle.size.maker,
    () => {
      if (intake.storedBytes > stopAt) throw new Fault('connection-lost', 'the agent went away')
      if (++blocks !== setBackAt) return
      for (const { key } of maker.goBack(1 + random.int(blocks))) if (!parts.isForgetful) nonces.setBack(key)
      isSetBack = true
      parts.state('agent set back')
    },
    ({ number, sealed }, { key }) => nonces.took(key, number, sealed),
  )
  try {
    const { manifest } = await maker.dump(bytes)
    oracle.listed(run, manifest)
    parts.state('listed')
    await parts.promised(`dump ${run} was listed`)
    if (random.int(6) === 0) await vault.setTags(manifest, ['kept'])
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'vault-refused' && !isSetBack) fail(`an honest dump was refused: ${fault.message}`)
    await intake.abandon(fault)
    if (fault.code === 'vault-refused') parts.state('agent set back was refused')
    else if (fault.code === 'connection-lost') parts.state('interrupted')
    else throw error
  }
}

async function prune(vault: Vault, parts: VaultProgramParts): Promise<void> {
  const { random, clock, oracle, isClean } = parts
  const plan = await vault.planPrune({ last: 1 + random.int(3), tags: ['kept'] }, clock.wallMs())
  oracle.excused(plan.removed.map(({ dump }) => dump))
  const stop = new AbortController()
  let steps = 0
  const stopAt = !isClean && random.int(4) === 0 ? random.int(6) : Number.POSITIVE_INFINITY
  const progress = (): void => {
    if (steps++ >= stopAt) stop.abort()
  }
  try {
    const result = await vault.prune(plan, progress, stop.signal, isClean || random.int(2) === 0)
    parts.state('collected')
    if (result.packsRewritten > 0) parts.state('rewritten')
    if (result.packsRemoved > 0) parts.state('packs removed')
    if (isClean && result.bytesAfter > result.liveBytes * 1.5 + 8192) fail(`after a collection ${result.bytesAfter} bytes are stored for ${result.liveBytes} that are needed`)
  } catch (error) {
    if (faultOf(error).code !== 'cancelled') throw error
    parts.state('collection stopped')
  }
  await parts.promised('garbage was collected')
}

async function check(vault: Vault, parts: VaultProgramParts): Promise<void> {
  const { problems } = await vault.check(parts.random.int(2) === 0 ? 'structure' : 'data', () => {}, NEVER)
  const problem = problems.find(({ kind }) => kind !== 'unknown')
  if (problem !== undefined && parts.isClean) fail(`the check says ${problem.kind} ${problem.message}`)
  parts.state('checked')
}
