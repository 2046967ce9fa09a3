// The devices of a chg-multi, which a configuration writes as one name with braces, as a shell would: `file:/vt/{a,b}`, `file:/vt/{01..12}`. Each brace
// stands for its choices, the later ones change faster. A range counts with as many digits as it is written with. `\` takes a character as it is.

import { Fault } from '../../kernel/fault.ts'

/** More than any machine has, and less than what would fill the memory. */
const DEVICES_MAX = 10_000

interface Brace {
  readonly choices: readonly string[]
  readonly end: number
}

function malformed(text: string, why: string): Fault {
  return new Fault('config-invalid', `the list of devices ${JSON.stringify(text)}: ${why}`)
}

function range(choice: string, text: string): string[] | undefined {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(choice) ?? []
  if (first === undefined || last === undefined) return undefined
  const count = Number(last) - Number(first) + 1
  if (count < 1) throw malformed(text, `the range ${choice} counts backwards`)
  if (count > DEVICES_MAX) throw malformed(text, `the range ${choice} is longer than ${DEVICES_MAX}`)
  const width = first.startsWith('0') || first.length === last.length ? first.length : 1
  return Array.from({ length: count }, (_, index) => String(Number(first) + index).padStart(width, '0'))
}

function readBrace(text: string, start: number): Brace {
  const choices: string[] = []
  let choice = ''
  let plain = ''
  for (let index = start + 1; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '\\' && index + 1 < text.length) {
      choice += text.charAt(++index)
      plain += '\\'
    } else if (character === '{') throw malformed(text, 'a brace stands within a brace')
    else if (character === ',' || character === '}') {
      choices.push(...((plain === choice ? range(choice, text) : undefined) ?? [choice]))
      choice = ''
      plain = ''
      if (character === '}') return { choices, end: index }
    } else {
      choice += character
      plain += character
    }
  }
  throw malformed(text, 'a brace is not closed')
}

/** The names, in the order of the slots. Throws `config-invalid`. */
export function expandDeviceNames(text: string): string[] {
  let names = ['']
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '}') throw malformed(text, 'a brace is closed that was not opened')
    if (character === '{') {
      const { choices, end } = readBrace(text, index)
      if (names.length * choices.length > DEVICES_MAX) throw malformed(text, `it stands for more than ${DEVICES_MAX} devices`)
      names = names.flatMap((name) => choices.map((choice) => `${name}${choice}`))
      index = end
    } else {
      const taken = character === '\\' && index + 1 < text.length ? text.charAt(++index) : character
      names = names.map((name) => `${name}${taken}`)
    }
  }
  return names
}
