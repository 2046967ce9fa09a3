// Options of Amanda's programs as stock's take them: anywhere among the other words, long ones shortened, short ones together (`-ap`) or with their value (`-O.`).

export interface OptionShape {
  /** The name the program knows it by, and other spellings. */
  readonly names: readonly [string, ...string[]]
  /** `negatable`: `--no-NAME` turns it off. */
  readonly kind: 'flag' | 'negatable' | 'text' | 'texts' | 'number'
}

export interface GivenOptions {
  readonly words: readonly string[]
  has(name: string): boolean
  /** Undefined: not given. */
  flag(name: string): boolean | undefined
  text(name: string): string | undefined
  texts(name: string): readonly string[]
}

interface Found {
  readonly shape: OptionShape
  readonly isOn: boolean
}

function findLong(shapes: readonly OptionShape[], name: string): Found | undefined {
  const spellings = shapes.flatMap((shape) => [
    ...shape.names.map((spelling) => ({ spelling, shape, isOn: true })),
    ...(shape.kind === 'negatable' ? shape.names.flatMap((spelling) => [`no-${spelling}`, `no${spelling}`].map((off) => ({ spelling: off, shape, isOn: false }))) : []),
  ]).filter(({ spelling }) => spelling.length > 1)
  const exact = spellings.find(({ spelling }) => spelling === name)
  if (exact !== undefined) return exact
  const near = spellings.filter(({ spelling }) => spelling.startsWith(name))
  const [first] = near
  // Several spellings of one option are no doubt about it.
  return first !== undefined && near.every(({ shape, isOn }) => shape === first.shape && isOn === first.isOn) ? first : undefined
}

/** Undefined when the words are not options as `shapes` has them: the program prints its usage. */
export function parseOptions(argv: readonly string[], shapes: readonly OptionShape[]): GivenOptions | undefined {
  const values = new Map<string, string[]>()
  const words: string[] = []
  const waiting = [...argv]
  const put = (shape: OptionShape, value: string): boolean => {
    if (shape.kind === 'number' && !/^-?\d{1,15}$/.test(value)) return false
    values.set(shape.names[0], [...(values.get(shape.names[0]) ?? []), value])
    return true
  }
  const isFlag = ({ kind }: OptionShape): boolean => kind === 'flag' || kind === 'negatable'
  const takeLong = (word: string): boolean => {
    const equals = word.indexOf('=')
    const found = findLong(shapes, equals < 0 ? word : word.slice(0, equals))
    if (found === undefined || (isFlag(found.shape) && equals >= 0)) return false
    if (isFlag(found.shape)) return put(found.shape, found.isOn ? '1' : '0')
    const value = equals < 0 ? waiting.shift() : word.slice(equals + 1)
    return value !== undefined && put(found.shape, value)
  }
  const takeShort = (letters: string): boolean => {
    for (let at = 0; at < letters.length; at++) {
      const shape = shapes.find(({ names }) => names.includes(letters.charAt(at)))
      if (shape === undefined) return false
      if (isFlag(shape)) {
        put(shape, '1')
        continue
      }
      const value = at + 1 < letters.length ? letters.slice(at + 1).replace(/^=/, '') : waiting.shift()
      return value !== undefined && put(shape, value)
    }
    return true
  }
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word === '--') {
      words.push(...waiting)
      break
    }
    if (word.startsWith('--')) {
      if (!takeLong(word.slice(2))) return undefined
    } else if (word.startsWith('-') && word.length > 1) {
      if (!takeShort(word.slice(1))) return undefined
    } else words.push(word)
  }
  const last = (name: string): string | undefined => values.get(name)?.at(-1)
  return {
    words,
    has: (name) => values.has(name),
    flag: (name) => (last(name) === undefined ? undefined : last(name) === '1'),
    text: last,
    texts: (name) => values.get(name) ?? [],
  }
}
