// Finds the lines that hold one of many words, at about a nanosecond a byte: the words are one automaton (Aho and Corasick, 1975) whose moves lie
// in one table. A gigabyte of logs has a few thousand lines worth reading. Bytes in, lines out; pure.

const LINE_FEED = 10
const BYTES = 256
/** Longer lines are told as they are so far, and what follows is a line of its own: a file that is no log does no harm. */
const LINE_BYTES_MAX = 64 * 1024
/** States fit into 16 bits. */
const STATES_MAX = 65_536

/** Moves by state and byte, and the states that have a word behind them. A line feed leads to state 0 from everywhere. */
interface Automaton {
  readonly moves: Uint16Array
  readonly isFound: Uint8Array
}

function buildAutomaton(words: readonly string[]): Automaton {
  const children: Map<number, number>[] = [new Map()]
  const found: boolean[] = [false]
  for (const word of words) {
    let state = 0
    for (const byte of Buffer.from(word, 'latin1')) {
      let next = children[state]?.get(byte)
      if (next === undefined) {
        next = children.length
        if (next >= STATES_MAX) throw new RangeError('too many words')
        children.push(new Map())
        found.push(false)
        children[state]?.set(byte, next)
      }
      state = next
    }
    found[state] = true
  }
  const moves = new Uint16Array(children.length * BYTES)
  const failures = new Uint16Array(children.length)
  const queue: number[] = [0]
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const failure = failures[state] ?? 0
    if (found[failure] === true) found[state] = true
    for (let byte = 0; byte < BYTES; byte++) {
      const child = children[state]?.get(byte)
      const fallback = state === 0 ? 0 : (moves[failure * BYTES + byte] ?? 0)
      moves[state * BYTES + byte] = child ?? fallback
      if (child === undefined) continue
      failures[child] = fallback
      queue.push(child)
    }
  }
  for (let state = 0; state < children.length; state++) moves[state * BYTES + LINE_FEED] = 0
  return { moves, isFound: Uint8Array.from(found, Number) }
}

export class LineFilter {
  readonly #automaton: Automaton
  readonly #onLine: (number: number, text: string) => void
  #state = 0
  #isFound = false
  /** Of the line that goes on in the next piece. */
  #rest = ''
  #number = 1

  /** `words` have no line feed in them. `onLine` is told each line that holds one, numbered from 1, as a string of bytes (latin1). */
  constructor(words: readonly string[], onLine: (number: number, text: string) => void) {
    this.#automaton = buildAutomaton(words)
    this.#onLine = onLine
  }

  /** Lines so far, the one that is not ended included. */
  get lines(): number {
    return this.#number
  }

  push(piece: Buffer): void {
    const { moves, isFound } = this.#automaton
    let state = this.#state
    let lineStart = 0
    let isLineFound = this.#isFound
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0
      state = moves[state * BYTES + byte] ?? 0
      if (isFound[state] === 1) isLineFound = true
      if (byte !== LINE_FEED) continue
      if (isLineFound) this.#tell(this.#rest + piece.toString('latin1', lineStart, at))
      this.#rest = ''
      this.#number += 1
      isLineFound = false
      lineStart = at + 1
    }
    this.#rest += piece.toString('latin1', lineStart)
    if (this.#rest.length > LINE_BYTES_MAX) {
      if (isLineFound) this.#tell(this.#rest.slice(0, LINE_BYTES_MAX))
      this.#rest = ''
      isLineFound = false
    }
    this.#state = state
    this.#isFound = isLineFound
  }

  /** The file has ended: its last line may have no end. Ready for another file. */
  finish(): void {
    if (this.#isFound) this.#tell(this.#rest)
    this.#rest = ''
    this.#state = 0
    this.#isFound = false
    this.#number = 1
  }

  #tell(text: string): void {
    this.#onLine(this.#number, text.endsWith('\r') ? text.slice(0, -1) : text)
  }
}
