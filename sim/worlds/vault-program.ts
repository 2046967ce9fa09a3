// The program of the vault world: one process that owns a vault and lets dumps, a collection and a check run at once, some of them stopped in the middle. All of it but the
// maker is production code; it tells the oracle what it was promised.

import type { Clock } from '../../src/kernel/clock.ts'
import type { Disk } from '../../src/kernel/disk.ts'
import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { Random } from '../../src/kernel/random.ts'
import type { Vault } from '../../src/storage/vault/contract.ts'
import { openVault } from '../../src/storage/vault/open-vault.ts'
import { SMALL_LIMITS } from '../../testkit/test-vault.ts'
import { SMALL_MAKER, VaultMaker } from '../../testkit/vault-maker.ts'
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
  readonly segmentsMax: number
  readonly isClean: boolean
  readonly state: (name: string) => void
  /** Something is durable now: looks at the disk. */
  readonly promised: (what: string) => Promise<void>
}

/** Rejects with the Fault that ended the process. */
export async function runVault(parts: VaultProgramParts): Promise<void> {
  const { clock, disk, secrets, oracle, random, isClean } = parts
  await using vault = await openVault({ disk, directory: VAULT_DIR, keys: oracle.keys(secrets), threads: oracle.threads(), clock, random: secrets, log: silentLog, owner: { host: 'sim', pid: 1, process: '', sinceMs: 0 }, isGone: () => true, limits: SMALL_LIMITS }, 'write')
  parts.state('opened')
  const dumping = HOSTS.map((host) => dumps(vault, host, isClean ? 1 : 1 + random.int(3), parts))
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
  const { oracle, random, clock } = parts
  const { run, bytes } = oracle.plan(random, parts.segmentsMax)
  const intake = await vault.beginDump({ host, disk: '/', run, level: 0, baseRun: undefined, domain: host === 'web' && random.int(2) === 0 ? host : '', maker: 'archive', compressLevel: 1, startedMs: clock.wallMs() })
  const stopAt = !parts.isClean && random.int(5) === 0 ? random.int(bytes.length) : Number.POSITIVE_INFINITY
  const maker = new VaultMaker(intake, oracle.threads(), SMALL_MAKER, () => {
    if (intake.storedBytes > stopAt) throw new Fault('connection-lost', 'the agent went away')
  })
  try {
    const { manifest } = await maker.dump(bytes)
    oracle.listed(run, manifest)
    parts.state('listed')
    await parts.promised(`dump ${run} was listed`)
    if (random.int(6) === 0) await vault.setTags(manifest, ['kept'])
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'vault-refused') fail(`an honest dump was refused: ${fault.message}`)
    await intake.abandon(fault)
    if (fault.code !== 'connection-lost') throw error
    parts.state('interrupted')
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
