// The command line of Amanda's programs. They read it in two ways: those in Perl with Getopt::Long (long names in any letter case and shortened as far as one fits, `--no-x` and `--nox` where a flag can be
// denied), those in C with getopt_long (shortened as well, letter case counts). Options may stand between other words, `--` ends them, and letters may be bundled: `-mt`, `-oNAME=VALUE`.
// Which of them an option was is for the program; this only says what was given.

export interface StockOption {
  /** Long name; of one letter alone when it has none: `o`. */
  readonly name: string
  readonly letter?: string
  readonly takesValue?: boolean
  /** A value that may be left out: the word behind the option is its value unless it begins with `-`. Without one the value is ''. */
  readonly mayTakeValue?: boolean
  /** `--no-NAME` and `--noNAME` are the same option, denied. */
  readonly canBeDenied?: boolean
}

export interface StockWords {
  /** Every value of each option in the order of the command line, by name; a flag has '' for each time it was given, a denied one `no`. */
  readonly given: ReadonlyMap<string, readonly string[]>
  /** What is no option. */
  readonly words: readonly string[]
  /** What could not be understood, in order: the word or letter, and whether it is unknown or lacks its value. */
  readonly wrong: readonly { readonly option: string; readonly why: 'unknown' | 'ambiguous' | 'needs-value' | 'takes-no-value' }[]
}

interface LongFound {
  readonly option: StockOption
  readonly isDenied: boolean
}

export function readStockWords(words: readonly string[], options: readonly StockOption[]): StockWords {
  const given = new Map<string, string[]>()
  const wrong: { option: string; why: StockWords['wrong'][number]['why'] }[] = []
  const rest: string[] = []
  const take = (option: StockOption, value: string): void => void given.set(option.name, [...(given.get(option.name) ?? []), value])
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      rest.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') rest.push(word)
    else if (word.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
      const found = findLong(name, options)
      if (found === 'unknown' || found === 'ambiguous') wrong.push({ option: name, why: found })
      else if (found.option.mayTakeValue === true) {
        const isNext = value === undefined && words[at + 1]?.startsWith('-') === false
        take(found.option, value ?? (isNext ? (words[++at] ?? '') : ''))
      } else if (found.option.takesValue !== true) {
        if (value === undefined) take(found.option, found.isDenied ? 'no' : '')
        else wrong.push({ option: name, why: 'takes-no-value' })
      } else if (value !== undefined) take(found.option, value)
      else if (at + 1 < words.length) take(found.option, words[++at] ?? '')
      else wrong.push({ option: name, why: 'needs-value' })
    } else at += readLetters(word, words[at + 1], options, take, wrong)
  }
  return { given, words: rest, wrong }
}

/** How many words behind `word` are values of its letters. */
function readLetters(word: string, next: string | undefined, options: readonly StockOption[], take: (option: StockOption, value: string) => void, wrong: { option: string; why: StockWords['wrong'][number]['why'] }[]): number {
  for (let letter = 1; letter < word.length; letter++) {
    const option = options.find((one) => (one.letter ?? one.name) === word[letter])
    if (option === undefined) wrong.push({ option: word[letter] ?? '', why: 'unknown' })
    else if (option.takesValue !== true) take(option, '')
    else if (letter + 1 < word.length) {
      take(option, word.slice(letter + 1))
      return 0
    } else if (next === undefined) {
      wrong.push({ option: word[letter] ?? '', why: 'needs-value' })
      return 0
    } else {
      take(option, next)
      return 1
    }
  }
  return 0
}

function findLong(name: string, options: readonly StockOption[]): LongFound | 'unknown' | 'ambiguous' {
  const spellings = options.flatMap((option): (LongFound & { readonly spelling: string })[] => {
    if (option.name.length === 1) return []
    const denied = option.canBeDenied === true ? [`no-${option.name}`, `no${option.name}`].map((spelling) => ({ option, isDenied: true, spelling })) : []
    return [{ option, isDenied: false, spelling: option.name }, ...denied]
  })
  const wanted = name.toLowerCase()
  const exact = spellings.find(({ spelling }) => spelling.toLowerCase() === wanted)
  if (exact !== undefined) return exact
  const fitting = spellings.filter(({ spelling }) => wanted !== '' && spelling.toLowerCase().startsWith(wanted))
  const [first] = fitting
  if (first === undefined) return 'unknown'
  return fitting.every(({ option, isDenied }) => option === first.option && isDenied === first.isDenied) ? first : 'ambiguous'
}
