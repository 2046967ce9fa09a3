// The options that say which dumps stay.

import { Fault } from '../../kernel/fault.ts'
import type { KeepRules } from '../../storage/vault/contract.ts'
import type { Given, OptionSpec } from '../command-line.ts'

const COUNTS = ['last', 'days', 'daily', 'weekly', 'monthly', 'yearly'] as const

export const KEEP_OPTIONS: readonly OptionSpec[] = [
  { flags: '--keep-last COUNT', text: 'keep the newest dumps of each disk' },
  { flags: '--keep-days DAYS', text: 'keep all dumps that are not older' },
  { flags: '--keep-daily COUNT', text: 'keep the last dump of each of so many days' },
  { flags: '--keep-weekly COUNT', text: 'keep the last dump of each of so many weeks' },
  { flags: '--keep-monthly COUNT', text: 'keep the last dump of each of so many months' },
  { flags: '--keep-yearly COUNT', text: 'keep the last dump of each of so many years' },
  { flags: '--keep-tag TAG', text: 'keep dumps with this tag; may be repeated', isRepeatable: true },
]

/** Undefined when none of the options is given. Throws `usage-wrong`. */
export function keepRulesOf(given: Given): KeepRules | undefined {
  const rules: { -readonly [Name in keyof KeepRules]: KeepRules[Name] } = {}
  for (const name of COUNTS) {
    const text = given.text(`keep${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`)
    if (text === undefined) continue
    if (!/^[1-9]\d{0,5}$/.test(text)) throw new Fault('usage-wrong', `--keep-${name} must be a number of at least 1`)
    rules[name] = Number(text)
  }
  const tags = given.list('keepTag')
  if (tags.length > 0) rules.tags = tags
  return Object.keys(rules).length === 0 ? undefined : rules
}
