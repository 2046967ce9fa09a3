// Bytes through a compressor, an encryptor, or its undo: zstd and gzip in this process (node works on them off the thread), anything
// else as a program. Both ends may stop at any time; the other is told the reason, and no more than the pipes' buffers is held.

import { createGunzip, createGzip, createZstdDecompress } from 'node:zlib'
import type { Transform } from 'node:stream'
import { Fault, faultOf } from '../kernel/fault.ts'
import { pump, type ByteSource } from '../kernel/byte-stream.ts'
import { sinkOfWritable, sourceOfReadable } from '../kernel/node-streams.ts'
import { describeExit, type ProcessRunner } from '../kernel/processes.ts'
import { seekableZstd } from './seekable-zstd.ts'

export type FilterSpec =
  | { readonly kind: 'zstd' | 'gzip'; readonly level: number }
  | { readonly kind: 'unzstd' | 'gunzip' }
  /** Reads stdin, writes stdout. What it prints on stderr is strange; an exit status other than 0 is a fault. */
  | { readonly kind: 'program'; readonly argv: readonly [string, ...string[]] }

export interface Filter {
  /** What comes out. It ends well only when the input ended well and the filter took all of it. */
  readonly output: ByteSource
  /** What the program printed on stderr so far, at most `STRANGE_LINES_MAX` lines. */
  strangeLines(): readonly string[]
}

/** A program that complains about everything must not fill the log. */
const STRANGE_LINES_MAX = 50
const STRANGE_BYTES_MAX = 16 * 1024

/** A call into zlib costs as much as compressing a few hundred bytes; each of twenty filters may have several pieces on their way. */
const CHUNK_BYTES = 64 * 1024

/**
 * Starts a filter on `source`, which it owns from then on. Rejects with `process-missing` (and cancels the source) when the program
 * cannot be started. The output ends with `filter-failed` when the input is not what the filter expects, `process-failed` when the
 * program fails, or with the input's own fault.
 */
export async function startFilter(source: ByteSource, spec: FilterSpec, processes: ProcessRunner): Promise<Filter> {
  switch (spec.kind) {
    case 'zstd':
      return { output: seekableZstd(source, spec.level), strangeLines: () => [] }
    case 'gzip':
      return throughTransform(source, createGzip({ level: spec.level, chunkSize: CHUNK_BYTES }), spec.kind)
    case 'unzstd':
      return throughTransform(source, createZstdDecompress({ chunkSize: CHUNK_BYTES }), spec.kind)
    case 'gunzip':
      return throughTransform(source, createGunzip({ chunkSize: CHUNK_BYTES }), spec.kind)
    case 'program':
      return await throughProgram(source, spec.argv, processes)
  }
}

/** `source` through `specs`, first to last. */
export async function startFilters(source: ByteSource, specs: readonly FilterSpec[], processes: ProcessRunner): Promise<Filter> {
  const filters: Filter[] = []
  let output = source
  for (const spec of specs) {
    const filter = await startFilter(output, spec, processes)
    filters.push(filter)
    output = filter.output
  }
  return { output, strangeLines: () => filters.flatMap((filter) => filter.strangeLines()) }
}

/** `source`, with the fault it ends with told to `onFault` before anybody else sees it. */
function watched(source: ByteSource, onFault: (fault: Fault) => void): ByteSource {
  return {
    async read() {
      try {
        return await source.read()
      } catch (error) {
        const fault = faultOf(error)
        onFault(fault)
        throw fault
      }
    },
    cancel: (reason) => source.cancel(reason),
  }
}

function throughTransform(source: ByteSource, transform: Transform, what: string): Filter {
  let ended: Fault | undefined
  const end = (fault: Fault): Fault => (ended ??= fault)
  // The codec's own error comes before the faults that the streams around it make of it.
  transform.on('error', (error) => end(new Fault('filter-failed', `${what}: ${error.message}`, { cause: error })))
  const out = sourceOfReadable(transform)
  const fed = pump(watched(source, end), sinkOfWritable(transform)).catch((error: unknown) => void end(faultOf(error)))
  const output: ByteSource = {
    async read() {
      if (ended !== undefined) throw ended
      try {
        const piece = await out.read()
        if (piece !== null) return piece
      } catch (error) {
        source.cancel(end(faultOf(error)))
      }
      if (ended === undefined) await fed
      if (ended !== undefined) throw ended
      return null
    },
    cancel(reason) {
      end(reason)
      source.cancel(reason)
      out.cancel(reason)
    },
  }
  return { output, strangeLines: () => [] }
}

async function throughProgram(source: ByteSource, argv: readonly [string, ...string[]], processes: ProcessRunner): Promise<Filter> {
  const running = await processes.start({ argv: [...argv] }).catch((error: unknown) => {
    const fault = faultOf(error)
    source.cancel(fault)
    throw fault
  })
  let ended: Fault | undefined
  let sourceFault: Fault | undefined
  const stop = (fault: Fault): Fault => {
    if (ended === undefined) {
      ended = fault
      running.kill('SIGKILL')
      source.cancel(fault)
      running.stdout.cancel(fault)
    }
    return ended
  }
  let fedFault: Fault | undefined
  const onSourceFault = (fault: Fault): void => {
    sourceFault = fault
    stop(fault)
  }
  const fed = pump(watched(source, onSourceFault), running.stdin).then(
    () => undefined,
    (error: unknown) => (fedFault = faultOf(error)),
  )
  const lines = collectLines(running.stderr)
  const output: ByteSource = {
    async read() {
      if (ended !== undefined) throw ended
      try {
        const piece = await running.stdout.read()
        if (piece !== null) return piece
      } catch (error) {
        throw stop(sourceFault ?? faultOf(error))
      }
      const exit = await running.exit
      await lines.done
      if (exit.code !== 0) throw stop(sourceFault ?? new Fault('process-failed', `the filter ${argv[0]} ${describeExit(exit)}${lines.tail()}`, { context: { program: argv[0] } }))
      await fed
      if (fedFault !== undefined) throw stop(new Fault('filter-failed', `${argv[0]} ended before it had read all of its input`, { cause: fedFault }))
      return null
    },
    cancel: (reason) => void stop(reason),
  }
  return { output, strangeLines: () => lines.all() }
}

interface CollectedLines {
  readonly done: Promise<void>
  all(): readonly string[]
  /** `: last line`, for a message. */
  tail(): string
}

/** Reads all of a program's stderr, so that it never waits for us, and keeps the first lines. */
function collectLines(source: ByteSource): CollectedLines {
  let text = ''
  const read = async (): Promise<void> => {
    try {
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        if (text.length < STRANGE_BYTES_MAX) text += Buffer.from(piece).toString('utf8').slice(0, STRANGE_BYTES_MAX - text.length)
      }
    } catch {
      // A stderr that breaks off has nothing more to say; the exit status tells the rest.
    }
  }
  const all = (): string[] => text.split('\n').filter((line) => line.trim() !== '').slice(0, STRANGE_LINES_MAX)
  return { done: read(), all, tail: () => (all().length === 0 ? '' : `: ${all().at(-1)}`) }
}
