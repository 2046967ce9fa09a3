// The person at a program of Amanda: what is printed, and the lines that are typed. Text is printed as it is; a line is asked for only when it is needed.

import type { ByteSink } from '../../kernel/byte-stream.ts'
import type { Streams } from '../output.ts'

export interface Operator {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Bytes for stdout; resolves when there is room for more. */
  readonly outBytes: (bytes: Uint8Array) => Promise<void>
  /** The next line without its end; undefined when there are no more. */
  readonly readLine: () => Promise<string | undefined>
}

/** Nobody types a longer one. */
const LINE_CHARACTERS_MAX = 64 * 1024

async function* linesOf(input: AsyncIterable<Uint8Array> | undefined): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of input ?? []) {
    rest = (rest + Buffer.from(piece).toString('utf8')).slice(-LINE_CHARACTERS_MAX)
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield rest.slice(0, end)
      rest = rest.slice(end + 1)
    }
  }
  if (rest !== '') yield rest
}

export function operatorOf(streams: Streams): Operator {
  let lines: AsyncGenerator<string> | undefined
  return {
    out: streams.out,
    err: streams.err,
    outBytes: streams.outBytes ?? ((bytes) => Promise.resolve(streams.out(Buffer.from(bytes).toString('latin1')))),
    async readLine() {
      lines ??= linesOf(streams.input?.())
      const next = await lines.next()
      return next.done === true ? undefined : next.value
    },
  }
}

/** Standard output as the place where dumps go. */
export function pipeSink({ outBytes }: Pick<Operator, 'outBytes'>): ByteSink {
  return { write: outBytes, end: () => Promise.resolve(), fail: () => undefined }
}
