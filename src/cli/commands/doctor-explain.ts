// `holdfast doctor explain [CODE]`: the page of one of the doctor's codes, or of the kind that a fault code belongs to; without a code, all of them.

import type { FaultKind } from '../../doctor/contract.ts'
import { kindOfEither } from '../../doctor/fault-kinds.ts'
import { ALL_KINDS, type AnyKind } from '../../doctor/kinds.ts'
import { faultKindPage } from '../../doctor/page.ts'
import { FAULT_CODES } from '../../kernel/fault-codes.ts'
import { Fault } from '../../kernel/fault.ts'
import { nearestWord } from '../../config/nearest.ts'
import type { CommandBody } from '../command-line.ts'
import { wrapText } from '../doctor-notes.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { formatTable } from '../text-table.ts'

const CODES = ALL_KINDS.map(({ code }) => code).toSorted()

/** What `--json` gives: all but how it is found. */
function explained(kind: AnyKind) {
  const { code, severity, symptom, cause, confidence, advice, cures, check } = kind
  const { faultCodes = [], samples = [] }: Partial<Pick<FaultKind, 'faultCodes' | 'samples'>> = 'samples' in kind ? kind : {}
  return { code, severity, symptom, cause, confidence, advice, cures, check, faultCodes, samples, page: `doctor/${code}.md` }
}

function kindList(): string {
  return formatTable([{ title: 'CODE' }, { title: 'SEVERITY' }, { title: 'WHAT HAPPENED' }], ALL_KINDS.toSorted((a, b) => (a.code < b.code ? -1 : 1)).map(({ code, severity, symptom }) => [code, severity, symptom]))
}

/** The page for a terminal: paragraphs wrapped, links as their words. */
function pageText(page: string): string {
  const lines = page.split('\n').flatMap((line) => {
    if (line.startsWith('    ') || line.startsWith('#')) return [line]
    const words = line.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    return words.startsWith('* ') ? wrapText(words.slice(2), '* ', 2) : wrapText(words, '', 0)
  })
  return lines.join('\n')
}

function findKind(code: string): AnyKind {
  const kind = kindOfEither(code)
  if (kind !== undefined) return kind
  if (Object.hasOwn(FAULT_CODES, code)) {
    const { summary, next } = FAULT_CODES[code as keyof typeof FAULT_CODES]
    throw new Fault('usage-wrong', `\`${code}\` is a fault that no run ends with: ${summary}`, { next })
  }
  const near = nearestWord(code, [...CODES, ...Object.keys(FAULT_CODES)])
  throw new Fault('usage-wrong', `the doctor has no code \`${code}\``, { next: `${near === undefined ? '' : `Did you mean \`${near}\`? `}\`holdfast doctor explain\` lists all of them.` })
}

export const doctorExplainCommand: CommandBody = {
  details: ['Reports, status, mails and `doctor logs` name codes in brackets. This prints symptom, cause, cures and how to see that they helped: the page of docs/doctor. Fault codes (docs/errors.md) are taken as well.'],
  args: [{ name: '[CODE]', text: 'a code; default: list them all', choices: CODES }],
  examples: [
    { line: 'holdfast doctor explain agent-not-connected', text: 'what to do about it' },
    { line: 'holdfast doctor explain --json', text: 'everything the doctor knows, for a program' },
  ],
  run(context, given) {
    const [code] = given.args as readonly (string | undefined)[]
    if (code === undefined) showResult(context.streams, given.isJson, ALL_KINDS.map(explained), kindList)
    else {
      const kind = findKind(code)
      showResult(context.streams, given.isJson, explained(kind), () => pageText(faultKindPage(kind)))
    }
    return Promise.resolve(exitCode('ok'))
  },
}
