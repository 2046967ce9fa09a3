// Labels made from a template: `$o` organisation, `$c` configuration, `$s` storage, `$m` meta label, one run of `%` for a number with that many
// digits, one run of `!` for letters, `\` before a character that stands for itself. As Amanda's autolabel, in whose configurations `$s` is the slot,
// `$r` the storage and `$b` the barcode.

export interface LabelNames {
  readonly organisation: string
  readonly config: string
  readonly storage: string
  /** Given for a template of an Amanda configuration. */
  readonly slot?: string
  readonly barcode?: string
  readonly meta?: string
}

interface Piece {
  readonly kind: 'text' | 'digits' | 'letters'
  readonly text: string
}

const LETTERS = 26
/** Labels tried before a template counts as used up. */
const TRIES_MAX = 1_000_000

function parseTemplate(template: string, names: LabelNames): Piece[] {
  const { organisation, config, storage, slot, barcode = '', meta = '' } = names
  const own: Readonly<Record<string, string>> = slot === undefined ? { s: storage } : { s: slot, r: storage, b: barcode }
  const values: Readonly<Record<string, string>> = { o: organisation, c: config, m: meta, ...own }
  return (template.match(/\\.|\$\d*[a-z]|%+|!+|[^]/g) ?? []).map((token) => {
    if (token.startsWith('%')) return { kind: 'digits', text: token }
    if (token.startsWith('!')) return { kind: 'letters', text: token }
    if (token.startsWith('\\') && token.length > 1) return { kind: 'text', text: token.slice(1) }
    return { kind: 'text', text: (token.startsWith('$') ? values[token.replaceAll(/[$\d]/g, '')] : undefined) ?? token }
  })
}

/** Matches exactly the labels that `template` can make. */
export function labelPattern(template: string, names: LabelNames): RegExp {
  const parts = parseTemplate(template, names).map(({ kind, text }) => {
    if (kind === 'digits') return `\\d{${text.length}}`
    return kind === 'letters' ? `[A-Z]{${text.length}}` : RegExp.escape(text)
  })
  return new RegExp(`^${parts.join('')}$`)
}

/** The first label of the template that is not in `used`; undefined when all are used. */
export function nextLabel(template: string, names: LabelNames, used: ReadonlySet<string>): string | undefined {
  const pieces = parseTemplate(template, names)
  // Numbers are counted from 1, letters from A.
  const first = pieces.some(({ kind }) => kind === 'letters') ? 0 : 1
  for (let number = first; number <= TRIES_MAX; number++) {
    let rest = number
    const label = pieces
      .toReversed()
      .map(({ kind, text }) => {
        if (kind === 'text') return text
        const base = kind === 'digits' ? 10 : LETTERS
        let made = ''
        for (const _ of text) {
          const digit = rest % base
          made = (kind === 'digits' ? String(digit) : String.fromCodePoint(65 + digit)) + made
          rest = Math.floor(rest / base)
        }
        return made
      })
      .toReversed()
      .join('')
    if (rest > 0) return undefined
    if (!used.has(label)) return label
  }
  return undefined
}
