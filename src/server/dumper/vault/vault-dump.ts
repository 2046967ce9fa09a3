// One dump into the vault. An agent that knows vaults says HELLO on DATA and sends what the vault lacks (talk-server.ts); anything else that comes is the dump itself, and is
// cut here. Both end in the same way: the vault asks `settle`, which judges what the client said, and only then lists the dump.

import { assert } from '../../../kernel/assert.ts'
import type { ByteSource } from '../../../kernel/byte-stream.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { Fault, faultOf } from '../../../kernel/fault.ts'
import type { ProcessRunner } from '../../../kernel/processes.ts'
import type { DumpIntake } from '../../../storage/vault/contract.ts'
import type { ByteStream } from '../../../transport/contract.ts'
import { TALK_TYPES } from '../../../wire/vault/talk.ts'
import type { DumpOrder, VaultCounts, VaultDoors } from '../contract.ts'
import { storedFlow, type StoredFlow, type Waiting } from '../stored-flow.ts'
import { serveTalk } from './talk-server.ts'

/** Of what was judged: as it came from the client, and as it is stored. */
export interface Sum {
  readonly bytes: number
  text(): string
}

export interface VaultFlow {
  readonly arrived: Sum
  readonly stored: Sum
  /** Undefined for a dump that was cut at its source: nothing of it was filtered here, and its bytes did not pass. */
  readonly raw: StoredFlow | undefined
}

export interface VaultDumpParts {
  readonly order: DumpOrder
  readonly doors: VaultDoors
  readonly clock: Clock
  readonly processes: ProcessRunner
  readonly data: ByteStream
  readonly waiting: Waiting
  readonly onPiece: () => void
  /** Bytes of the dump so far, and how many bytes are safe in the vault whatever happens. */
  readonly onProgress: (bytes: number, durableBytes: number, counts: VaultCounts) => void
  /** Judges the dump once all of it has arrived. Rejects with why it is not good. */
  readonly settle: (flow: VaultFlow) => Promise<{ readonly header: string; readonly endedMs: number }>
}

export interface StoredDump {
  readonly manifest: string
  readonly counts: VaultCounts
  readonly addedBytes: number
  readonly flow: VaultFlow
}

/** `first`, and then what `data` gives. */
function withFirst(first: Uint8Array | null, data: ByteStream): ByteStream {
  let isFirst = true
  return {
    handle: data.handle,
    read() {
      if (!isFirst) return data.read()
      isFirst = false
      return Promise.resolve(first)
    },
    cancel: (reason) => data.cancel(reason),
    write: (piece) => data.write(piece),
    end: () => data.end(),
    fail: (reason) => data.fail(reason),
    commit: (bytes) => data.commit(bytes),
    committedBytes: () => data.committedBytes(),
    onStopped: (listener) => data.onStopped(listener),
  }
}

async function begin({ order, doors }: VaultDumpParts, maker: 'archive' | 'server'): Promise<DumpIntake> {
  const { entry, run, level, baseRun, record } = order
  return await doors.vault.beginDump({ host: entry.host, disk: entry.disk, run, level, baseRun, domain: doors.domainOf(entry.host), maker, compressLevel: doors.compressLevel, startedMs: record.startedMs })
}

async function talk(parts: VaultDumpParts, data: ByteStream, intake: DumpIntake): Promise<Omit<StoredDump, 'addedBytes'>> {
  let flow: VaultFlow | undefined
  intake.beforeCommit((nativeBytes, nativeCrc) => {
    const sum: Sum = { bytes: nativeBytes, text: () => nativeCrc }
    flow = { arrived: sum, stored: sum, raw: undefined }
    return parts.settle(flow)
  })
  const { clock, waiting, onPiece } = parts
  const { facts, committed, sentBytes } = await serveTalk({ clock, stream: data, intake, waiting, onPiece, onCounts: ({ nativeBytes, sentBytes: sent }) => parts.onProgress(nativeBytes, intake.durableBytes, { sentBytes: sent }) })
  assert(flow !== undefined, 'a dump was listed that nobody judged')
  return { manifest: committed.manifest, flow, counts: { sentBytes, readBytes: facts.readBytes, unchangedBytes: facts.unchangedBytes } }
}

async function cutHere(parts: VaultDumpParts, data: ByteSource, intake: DumpIntake, signal: AbortSignal): Promise<Omit<StoredDump, 'addedBytes'>> {
  const raw = await storedFlow(data, parts.order.entry, parts.processes, 'takes', parts.waiting, parts.onPiece)
  const flow: VaultFlow = { arrived: raw.arrived, stored: raw.stored, raw }
  intake.beforeCommit((_nativeBytes, nativeCrc) => {
    if (nativeCrc !== raw.stored.text()) return Promise.reject(new Fault('dump-crc-differs', `${raw.stored.text()} was cut, the vault has ${nativeCrc}`))
    return parts.settle(flow)
  })
  const facts = await parts.doors.cut(raw.source, intake, { onBytes: () => parts.onProgress(raw.arrived.bytes, intake.durableBytes, { sentBytes: intake.storedBytes }) }, signal)
  const { manifest } = await intake.finish(facts)
  return { manifest, flow, counts: { sentBytes: intake.storedBytes } }
}

/** Rejects with why the dump is not listed; what was stored of it stays, so the next try need not send it again. */
export async function dumpIntoVault(parts: VaultDumpParts, signal: AbortSignal): Promise<StoredDump> {
  const { data, waiting } = parts
  waiting.isForClient = true
  const first = await data.read()
  waiting.isForClient = false
  const isTalk = first?.[0] === TALK_TYPES.hello
  const stream = withFirst(first === null ? null : Uint8Array.from(first), data)
  // Nothing more is said to who does not talk.
  if (!isTalk) data.end().catch(() => undefined)
  const intake = await begin(parts, isTalk ? 'archive' : 'server')
  try {
    const stored = isTalk ? await talk(parts, stream, intake) : await cutHere(parts, stream, intake, signal)
    return { ...stored, addedBytes: intake.storedBytes }
  } catch (error) {
    const fault = faultOf(error)
    await intake.abandon(fault)
    throw fault
  }
}
