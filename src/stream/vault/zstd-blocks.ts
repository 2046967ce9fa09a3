// zstd for one block after the other, out of one context and into memory of the caller. Node's `zstdCompressSync` makes a context and grows its result anew for
// every call, which costs a third of the time at level 1; the handle inside Node's streams does neither, so it is entered from here. Where a Node does not have it
// that way, the public functions do the same.

import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** What Node's streams of zstd keep inside. */
interface ZstdHandle {
  writeSync(flush: number, input: Uint8Array, inputAt: number, inputBytes: number, output: Uint8Array, outputAt: number, outputBytes: number): void
  reset(): void
  close(): void
  onerror: (message: string) => void
}

interface ZstdStream {
  readonly _handle?: Partial<ZstdHandle> | null
  /** What the last call left: room of the output, bytes of the input. */
  readonly _writeState?: Uint32Array
  on(event: 'error', listener: () => void): unknown
  close(): void
}

interface Engine {
  readonly handle: ZstdHandle
  readonly state: Uint32Array
  isFailed: boolean
  close(): void
}

function engineOf(stream: ZstdStream): Engine | undefined {
  const { _handle: handle, _writeState: state } = stream
  if (typeof handle?.writeSync !== 'function' || typeof handle.reset !== 'function' || state?.length !== 2) return undefined
  stream.on('error', () => {})
  const engine: Engine = { handle: handle as ZstdHandle, state, isFailed: false, close: () => stream.close() }
  engine.handle.onerror = () => (engine.isFailed = true)
  return engine
}

/** The output's bytes when all of the input went in and the output was not filled, else undefined. */
function runEngine(engine: Engine, input: Uint8Array, output: Uint8Array): number | undefined {
  engine.isFailed = false
  engine.handle.writeSync(constants.ZSTD_e_end, input, 0, input.length, output, 0, output.length)
  const [room, rest] = engine.state
  if (!engine.isFailed && rest === 0 && room !== undefined && room > 0) return output.length - room
  engine.handle.reset()
  return undefined
}

/** Bytes that the result of `plainBytes` needs at most, and one. */
function packedBytesMax(plainBytes: number): number {
  return plainBytes + (plainBytes >> 8) + 512
}

/**
 * A window as large as a block, a hash table that stays in the first cache of a processor, and matches from 7 bytes on: a quarter faster in both directions than level 1
 * as it is, for 2 % more bytes.
 */
const LEVEL_1 = { [constants.ZSTD_c_windowLog]: 20, [constants.ZSTD_c_hashLog]: 13, [constants.ZSTD_c_minMatch]: 7 }
/** What a reader takes at most: 8 MiB, more than a block has. */
const WINDOW_LOG_MAX = 23

function paramsOf(level: number): Record<number, number> {
  return { [constants.ZSTD_c_compressionLevel]: level, ...(level === 1 ? LEVEL_1 : {}) }
}

export class ZstdPacker {
  readonly #params: Record<number, number>
  readonly #engine: Engine | undefined
  #packed = new Uint8Array(0)

  /** `kind`: `public` never enters what is inside. */
  constructor(level: number, kind: 'fastest' | 'public' = 'fastest') {
    this.#params = paramsOf(level)
    this.#engine = kind === 'public' ? undefined : engineOf(createZstdCompress({ params: this.#params }) as unknown as ZstdStream)
  }

  /** `plain` as one frame; lent until the next call. */
  pack(plain: Uint8Array): Uint8Array {
    if (this.#engine !== undefined) {
      const room = packedBytesMax(plain.length)
      if (this.#packed.length < room) this.#packed = new Uint8Array(room)
      const bytes = runEngine(this.#engine, plain, this.#packed)
      if (bytes !== undefined) return this.#packed.subarray(0, bytes)
    }
    return zstdCompressSync(plain, { params: this.#params, chunkSize: packedBytesMax(plain.length) })
  }

  close(): void {
    this.#engine?.close()
  }
}

export class ZstdUnpacker {
  readonly #engine: Engine | undefined

  constructor(kind: 'fastest' | 'public' = 'fastest') {
    this.#engine = kind === 'public' ? undefined : engineOf(createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } }) as unknown as ZstdStream)
  }

  /**
   * Fills all of `target` but its last byte, which is for finding out whether there is more. False when `packed` is no zstd, cut short, or of another length;
   * then `target` holds anything.
   */
  unpack(packed: Uint8Array, target: Uint8Array): boolean {
    if (this.#engine !== undefined) return runEngine(this.#engine, packed, target) === target.length - 1
    try {
      const plain = zstdDecompressSync(packed, { params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX }, maxOutputLength: Math.max(1, target.length) })
      if (plain.length !== target.length - 1) return false
      target.set(plain)
      return true
    } catch {
      return false
    }
  }

  close(): void {
    this.#engine?.close()
  }
}
