// What must hold of a vault on a disk image, whoever wrote it and however it ended: it opens, lists what was promised, restores everything that it lists, and a check of every byte finds
// nothing but garbage. It judges through the production readers, on an image that is the judge's own.

import { readAll } from '../src/kernel/byte-stream.ts'
import { faultOf } from '../src/kernel/fault.ts'
import { silentLog } from '../src/kernel/log.ts'
import type { Random } from '../src/kernel/random.ts'
import type { BlockThreads } from '../src/stream/vault/contract.ts'
import { createVaultKeys } from '../src/stream/vault/keys.ts'
import type { KeepRules, Vault, VaultDump } from '../src/storage/vault/contract.ts'
import { openVault, type HeadWitness } from '../src/storage/vault/open-vault.ts'
import type { VaultLimits } from '../src/storage/vault/vault-core.ts'
import type { DiskImage } from './disk-image.ts'
import { instantDisk } from './disk.ts'
import type { RememberedOpens } from './remembered-opens.ts'
import { Life, Scheduler } from './scheduler.ts'
import { fail } from './world.ts'

const NEVER = new AbortController().signal
const DUMP_BYTES_MAX = 1 << 26
/** More than bytes needed: rounding of small packs. */
const SPARE_BYTES = 8192
const STORED_SHARE_MAX = 1.5

export interface JudgedVault {
  readonly directory: string
  readonly master: Uint8Array
  readonly vaultId: Uint8Array
  readonly threads: BlockThreads
  readonly opens: RememberedOpens
  readonly limits: VaultLimits
}

export interface Promised {
  /** Runs of dumps that were reported as listed, and that nobody was asked to remove. */
  readonly runs: Iterable<string>
  /** Whether these are the bytes of the dump. */
  isRight(dump: VaultDump, restored: Uint8Array): boolean
}

/** Salts and names that no world draws: a judge seals under the keys of the vault that it judges. */
const judgeRandom: Random = {
  bytes(length) {
    const name = Buffer.alloc(length, 0xff)
    name.writeUInt32BE(++judgeNames, 0)
    return name
  },
  int: () => 0,
}
let judgeNames = 0

/** For writing, as the next process would; the caller closes it. `image` changes. */
export function openJudged({ directory, master, vaultId, threads, opens, limits }: JudgedVault, image: DiskImage, witness?: HeadWitness): Promise<Vault> {
  const { clock } = new Life(new Scheduler(1), 'judge')
  const owner = { host: 'judge', pid: 1, process: '', sinceMs: 0 }
  return openVault({ disk: instantDisk(image), directory, keys: opens.keys(createVaultKeys(master, vaultId, judgeRandom)), threads: opens.threads(threads), clock, random: judgeRandom, log: silentLog, owner, isGone: () => true, limits, ...(witness === undefined ? {} : { witness }) }, 'write')
}

/** Throws InvariantFailure. With `rules`, garbage is collected as well, and everything is judged again. `image` changes. */
export async function judgeVault(parts: JudgedVault, image: DiskImage, promised: Promised, when: string, rules?: KeepRules): Promise<void> {
  let vault: Vault
  try {
    vault = await openJudged(parts, image)
  } catch (error) {
    fail(`${when}: the vault does not open: ${faultOf(error).message}`)
  }
  try {
    const runs = new Set(promised.runs)
    await judgeDumps(vault, { ...promised, runs }, when)
    if (rules === undefined) return
    const plan = await vault.planPrune(rules, Number.MAX_SAFE_INTEGER)
    for (const { dump } of plan.removed) runs.delete(dump.run)
    const { bytesAfter, liveBytes } = await vault.prune(plan, () => {}, NEVER, true)
    if (bytesAfter > liveBytes * STORED_SHARE_MAX + SPARE_BYTES) fail(`${when}: after a collection ${bytesAfter} bytes are stored for ${liveBytes} that are needed`)
    const [orphan] = await vault.findOrphans()
    if (orphan !== undefined) fail(`${when}: after a collection of everything, ${orphan.object} is named by nothing`)
    await judgeDumps(vault, { ...promised, runs }, `${when}, and garbage was collected`)
  } finally {
    await vault[Symbol.asyncDispose]()
  }
}

async function judgeDumps(vault: Vault, promised: Promised, when: string): Promise<void> {
  const dumps = await vault.dumps()
  const listed = new Set(dumps.map(({ run }) => run))
  for (const run of promised.runs) if (!listed.has(run)) fail(`${when}: dump ${run} was reported as listed and is not listed`)
  for (const dump of dumps) {
    let restored: Uint8Array
    try {
      const reader = await vault.openDump(dump.manifest)
      if (reader === undefined) fail(`${when}: dump ${dump.run} is listed and cannot be opened`)
      restored = await readAll(reader.read(0, reader.bytes), DUMP_BYTES_MAX)
      await reader[Symbol.asyncDispose]()
    } catch (error) {
      fail(`${when}: dump ${dump.run} cannot be restored: ${faultOf(error).message}`)
    }
    if (!promised.isRight(dump, restored)) fail(`${when}: dump ${dump.run} is restored with other bytes`)
  }
  const { problems } = await vault.check('data', () => {}, NEVER)
  const problem = problems.find(({ kind }) => kind !== 'unknown')
  if (problem !== undefined) fail(`${when}: the check says ${problem.message}`)
}
