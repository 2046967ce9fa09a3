// Checks packs: that each is there, as long as the ledger says, with the trailer that the ledger names; and for every byte, that each block opens and each segment has its
// id. Blocks go to the threads a few at a time.

import { Fault, faultOf } from '../../../kernel/fault.ts'
import { packPath } from '../../../wire/vault/pack.ts'
import type { PackTrailer } from '../../../wire/vault/pack-trailer.ts'
import type { SealedBlock } from '../../../wire/vault/uplink.ts'
import type { VaultProblem } from '../contract.ts'
import type { PackRecord } from '../pack-catalogue.ts'
import type { VaultCore } from '../vault-core.ts'

const BLOCKS_AT_ONCE = 4

export type PackProblem = Pick<VaultProblem, 'object' | 'kind' | 'message'>

/** The first problem of the pack; undefined when it is good. */
export async function checkPack(core: VaultCore, pack: PackRecord, depth: 'structure' | 'data'): Promise<PackProblem | undefined> {
  const packId = Buffer.from(pack.id, 'hex')
  const object = packPath(packId)
  const stat = await core.directory.disk.stat(core.directory.path(object))
  if (stat === undefined) return { object, kind: 'missing', message: `${object} is missing` }
  if (stat.bytes !== pack.bytes) return { object, kind: 'damaged', message: `${object} has ${stat.bytes} bytes and not ${pack.bytes}` }
  // What is in the process's memory of it may be older than the file.
  await core.packFiles.forget(packId)
  try {
    const { trailer, sha256 } = await core.packFiles.readTrailer(packId)
    if (sha256 !== pack.sha256 || trailer.domain !== pack.domain) return { object, kind: 'swapped', message: `${object} is not the pack that the ledger names` }
    if (depth === 'data') await checkBlocks(core, packId, trailer)
    return undefined
  } catch (error) {
    const fault = faultOf(error)
    return { object, kind: 'damaged', message: fault.message.includes(object) ? fault.message : `${object}: ${fault.message}` }
  }
}

async function checkBlocks(core: VaultCore, packId: Uint8Array, trailer: PackTrailer): Promise<void> {
  const { keys, threads, packFiles } = core
  const key = await packFiles.keyOf(packId)
  const idKey = keys.idKey(trailer.domain)
  const running = new Set<Promise<unknown>>()
  let failure: Fault | undefined
  for (const block of trailer.blocks) {
    const sealed = await packFiles.readBlock({ ...block, packId, start: 0, length: 0 })
    const asked: SealedBlock = { ...block, packId, sealed }
    const work = threads.check({ vaultId: keys.vaultId, key, block: asked }, idKey).catch((error: unknown) => (failure ??= faultOf(error)))
    running.add(work)
    void work.finally(() => running.delete(work))
    if (running.size >= BLOCKS_AT_ONCE) await Promise.race(running)
    if (failure !== undefined) break
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure
}
