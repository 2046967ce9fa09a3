// A dump into a vault by our own archiver: the same walk in the same threads, with a recipe in the place of an archive (recipe-output.ts). The dump is always whole; what did not change
// since the last one is taken over from what that left (tree-keep.ts). Nothing here knows where the vault is.
//
//   threads: walk, read, cut, hash, compress, seal ──► blocks ──► vault-link.ts ──► vault
//              └─► recipe, in the order of the tree ──► recipe-flow.ts ──► recipe blocks, entries ──► vault
//              └─► records and operations ──► kept-file.ts, for the next dump

import { Fault, faultOf } from '../../kernel/fault.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import type { DumpFacts, VaultUplink, VaultWelcome } from '../../wire/vault/uplink.ts'
import { ArchiveThreads } from '../archive-threads.ts'
import { BlockPool } from '../block-pool.ts'
import { HandOut } from '../hand-out.ts'
import { LinkTable } from '../link-table.ts'
import { OwnerNames } from '../owner-names.ts'
import type { ArchiveSettings } from '../settings.ts'
import type { ThreadPool } from '../thread-pool.ts'
import { recordsOf } from '../unit-messages.ts'
import type { KeptFacts, KeptWriter } from './kept-file.ts'
import { RecipeFlow } from './recipe-flow.ts'
import { RecipeOps } from './recipe-ops.ts'
import { openSegmentTools } from './segment-tools.ts'
import { VaultLink } from './vault-link.ts'

export interface VaultArchiveHooks {
  /** A line of GNU tar's. The dump waits for it. */
  say(line: string): Promise<void>
  /** The dump begins; `doneBytes` says at any time how many bytes of files it is done with. */
  started?(doneBytes: () => number): void
}

/** What the last dump left, which is the base that the vault named: its file, and what it says. */
export interface KeptBase {
  readonly path: string
  readonly facts: KeptFacts
}

export interface VaultArchiveParts {
  readonly settings: ArchiveSettings
  readonly uplink: VaultUplink
  readonly welcome: VaultWelcome
  readonly base: KeptBase | undefined
  /** Where what the next dump needs goes; undefined: nothing is kept. It is finished before the dump ends. */
  readonly keep: { readonly writer: KeptWriter; readonly fingerprint: Uint8Array } | undefined
  readonly hooks: VaultArchiveHooks
  /** Of all dumps of the process. */
  readonly threads?: ThreadPool
}

/** An archive ends with two blocks of zeros and fills its last record. */
const END_BYTES = 1024
const RECORD_BYTES = 10_240

/** Everything but the end of the dump: resolves with what `VaultUplink.finish` wants to know. */
export async function archiveToVault(parts: VaultArchiveParts, signal: AbortSignal): Promise<DumpFacts> {
  const { uplink, welcome } = parts
  const [filter, tools] = await Promise.all([uplink.filter(), openSegmentTools(welcome)])
  const archive = new VaultArchive(parts, filter, tools)
  const onAbort = (): void => void archive.stop(new Fault('cancelled', 'the dump was cancelled', { cause: signal.reason }))
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) onAbort()
    return await archive.run()
  } catch (error) {
    const fault = faultOf(error)
    await archive.stop(fault)
    throw archive.failure ?? fault
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function linkOperations(header: Uint8Array): Uint8Array {
  const operations = new RecipeOps()
  operations.member()
  operations.data(header)
  return Uint8Array.from(operations.bytes)
}

class VaultArchive {
  failure: Fault | undefined
  readonly #parts: VaultArchiveParts
  readonly #link: VaultLink
  readonly #flow: RecipeFlow
  readonly #threads: ArchiveThreads
  readonly #handOut: HandOut
  readonly #stopped = Promise.withResolvers<never>()

  constructor(parts: VaultArchiveParts, filter: Uint8Array | undefined, tools: Awaited<ReturnType<typeof openSegmentTools>>) {
    this.#parts = parts
    const { uplink, welcome, base, keep } = parts
    const settings: ArchiveSettings = { ...parts.settings, level: 0, index: 'none', isEstimate: false, basePath: undefined, hasSnapshot: keep !== undefined || base !== undefined }
    const links = new LinkTable()
    this.#handOut = new HandOut(links, new OwnerNames(settings.passwd, settings.group), false, linkOperations)
    this.#link = new VaultLink(uplink, welcome, filter, base?.path, (fault) => void this.stop(fault))
    this.#flow = new RecipeFlow({ uplink, link: this.#link, tools, filter, known: base?.facts.entries ?? [] })
    this.#threads = new ArchiveThreads(settings, new BlockPool(), ({ key, linkCount, path }) => links.see(key, linkCount, path), parts.threads, this.#link)
  }

  /** Rejects as soon as it is stopped, whatever a vault that does not answer keeps waiting. */
  async run(): Promise<DumpFacts> {
    return await Promise.race([this.#run(), this.#stopped.promise])
  }

  async #run(): Promise<DumpFacts> {
    const { hooks, keep, base } = this.#parts
    hooks.started?.(() => this.#link.doneBytes)
    for (let block = await this.#threads.next(); block !== undefined; block = await this.#threads.next()) {
      for (const line of block.said) await hooks.say(line)
      for (const record of recordsOf(block)) keep?.writer.add(record)
      if (block.records !== undefined) releaseBytes(block.records)
      for (const piece of this.#handOut.take(block, this.#threads.bytesOf(block)).pieces) await this.#flow.push(piece)
      this.#threads.giveBack(block)
    }
    const { nativeBytes } = await this.#end()
    const { readBytes, unchangedBytes, owners } = await this.#link.drain()
    await this.#threads.end()
    await this.#link.sealAll()
    await this.#flow.sendEntries()
    // Who stopped it has given up what is kept.
    if (this.failure !== undefined) throw this.failure
    keep?.writer.finish({ fingerprint: keep.fingerprint, owners: [...new Set([...owners, ...(base?.facts.owners ?? [])])], entries: this.#flow.entries })
    return { nativeBytes, nativeCrc: this.#flow.nativeCrc, members: this.#flow.members, readBytes, unchangedBytes }
  }

  async stop(reason: Fault): Promise<void> {
    this.failure ??= reason
    this.#stopped.reject(this.failure)
    this.#link.stop(reason)
    await this.#threads.stop(reason)
  }

  /** The end of the archive, as far as the recipe goes. */
  async #end(): Promise<{ readonly nativeBytes: number }> {
    // What fills the last record changes with every dump.
    this.#flow.border()
    const before = this.#flow.expectedBytes
    const end = Math.ceil((before + END_BYTES) / RECORD_BYTES) * RECORD_BYTES
    const operations = new RecipeOps()
    operations.zeros(end - before)
    await this.#flow.push(operations.bytes)
    await this.#flow.finish()
    return { nativeBytes: this.#flow.nativeBytes }
  }
}
