// The bytes of log files, one file after the other; of a long one the next piece is read while the last is looked at. Packed files are unpacked. A file that
// cannot be read, vanishes, or is damaged is told, and the next one is read. Memory is bounded by a few pieces.

import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { faultOf } from '../../kernel/fault.ts'
import { formOf } from './file-form.ts'
import type { NumberedFile } from './find-logs.ts'

const PIECE_BYTES = 256 * 1024
/** So many files are read at once before signals are looked at. */
const AT_ONCE_MAX = 200

export interface LogReceiver {
  begin(file: NumberedFile): void
  /** Good until it returns. */
  piece(bytes: Buffer): void
  end(): void
  /** It was not read, or not to its end. */
  note(file: NumberedFile, text: string): void
  /** So many bytes of it were read from the disk. */
  progress(file: NumberedFile, bytes: number): void
}

interface Begun {
  readonly file: NumberedFile
  readonly buffer: Buffer
  /** Bytes of it in `buffer`. */
  readonly count: number
  /** There may be more. */
  readonly opened?: DiskFile
}

/** Reads the first piece of `file` into `buffer`. Rejects when it cannot. */
async function begin(disk: Disk, file: NumberedFile, buffer: Buffer, mayBlock: boolean): Promise<Begun> {
  const start = mayBlock ? disk.readStart?.(file.path, buffer) : undefined
  // Less than was asked for is the end of a file.
  if (start !== undefined && start < buffer.length) return { file, buffer, count: start }
  const opened = await disk.open(file.path, 'read')
  try {
    const count = start ?? (await opened.read(buffer, 0))
    if (count === buffer.length) return { file, buffer, count, opened }
    await opened.close()
    return { file, buffer, count }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Gives every piece of every file to `receiver`, in order. Rejects only when `signal` says so. */
export async function readLogs(disk: Disk, files: Iterable<NumberedFile>, receiver: LogReceiver, signal?: AbortSignal): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
  const spare = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let count = 0
  for (const file of files) {
    signal?.throwIfAborted()
    if (file.problem !== undefined) {
      receiver.note(file, file.problem)
      continue
    }
    if (file.pieces !== undefined) {
      await readGiven(file, file.pieces, receiver, signal)
      continue
    }
    let begun: Begun
    try {
      begun = await begin(disk, file, buffer, ++count % AT_ONCE_MAX !== 0)
    } catch (error) {
      receiver.note(file, `cannot be read: ${faultOf(error).message}`)
      continue
    }
    await readOne(begun, spare, receiver, signal)
  }
}

/** What comes from somewhere else than the disk. */
async function readGiven(file: NumberedFile, given: AsyncIterable<Uint8Array>, receiver: LogReceiver, signal: AbortSignal | undefined): Promise<void> {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of given) {
      signal?.throwIfAborted()
      receiver.progress(file, piece.length)
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    }
  }
  const iterator = pieces()
  const first = await iterator.next()
  const rest = async function* (): AsyncGenerator<Buffer> {
    if (first.done !== true) yield first.value
    yield* iterator
  }
  await readForm(file, first.done === true ? Buffer.alloc(0) : first.value, rest(), receiver)
}

async function readOne(one: Begun, spare: Buffer, receiver: LogReceiver, signal: AbortSignal | undefined): Promise<void> {
  const { file, buffer, count, opened } = one
  try {
    const first = buffer.subarray(0, count)
    const form = formOf(first)
    if (form.kind !== 'text' || opened !== undefined) {
      await readForm(file, first, piecesOf(one, spare, receiver, signal), receiver)
      return
    }
    receiver.begin(file)
    receiver.progress(file, count)
    receiver.piece(first.subarray(form.skipBytes))
    receiver.end()
  } finally {
    await opened?.close().catch(() => undefined)
  }
}

/** `first` is the first of `pieces`. */
async function readForm(file: NumberedFile, first: Buffer, pieces: AsyncIterable<Buffer>, receiver: LogReceiver): Promise<void> {
  const form = formOf(first)
  if (form.kind === 'other') {
    receiver.note(file, form.what)
    return
  }
  receiver.begin(file)
  if (form.kind === 'text') {
    let { skipBytes } = form
    for await (const piece of pieces) {
      receiver.piece(piece.subarray(skipBytes))
      skipBytes = 0
    }
  } else {
    const damage = await unpack(form.kind, pieces, (piece) => receiver.piece(piece))
    if (damage !== undefined) receiver.note(file, `is damaged, and was read as far as it goes: ${damage}`)
  }
  receiver.end()
}

/** Each piece is good until the next is asked for; the next is read meanwhile. */
async function* piecesOf({ file, buffer, count, opened }: Begun, spare: Buffer, receiver: LogReceiver, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let current = buffer
  let other = spare
  let bytes = count
  for (let position = count; bytes > 0; position += bytes) {
    const reading = opened === undefined || bytes < current.length ? undefined : opened.read(other, position).catch((error: unknown) => faultOf(error))
    receiver.progress(file, bytes)
    yield current.subarray(0, bytes)
    const read = await reading
    if (typeof read === 'object') receiver.note(file, `cannot be read further than ${position} bytes: ${read.message}`)
    bytes = typeof read === 'number' ? read : 0
    const swap = current
    current = other
    other = swap
    signal?.throwIfAborted()
  }
}

/** Unpacks as far as it goes; what was cut off is no damage. Returns what is. */
async function unpack(kind: 'gzip' | 'zstd', packed: AsyncIterable<Buffer>, onPiece: (piece: Buffer) => void): Promise<string | undefined> {
  const stream = kind === 'gzip' ? createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }) : createZstdDecompress()
  const thrown: { error?: unknown } = {}
  const over = new Promise<string | undefined>((resolve) => {
    stream.on('end', () => resolve(undefined))
    stream.on('error', (error) => resolve(error.message))
    stream.on('close', () => resolve(undefined))
  })
  stream.on('data', (piece: Buffer) => {
    try {
      onPiece(piece)
    } catch (error) {
      thrown.error ??= error
      stream.destroy()
    }
  })
  for await (const piece of packed) {
    if (stream.destroyed) break
    // It keeps what it is given until it has worked on it.
    if (!stream.write(Buffer.from(piece))) await Promise.race([over, new Promise((resolve) => stream.once('drain', resolve))])
  }
  stream.end()
  const damage = await over
  stream.destroy()
  if (thrown.error !== undefined) throw thrown.error
  return damage
}
