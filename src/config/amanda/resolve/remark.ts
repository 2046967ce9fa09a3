// What is said of a setting of an Amanda configuration that does not become the same setting of ours. A remark never shows a value of a property: passwords stand there.

import type { Place } from '../configuration.ts'

export type RemarkKind =
  /** Nothing here does what it asks for: there is no configuration. */
  | 'unusable'
  /** Something else is done, as near to it as there is. */
  | 'changed'
  /** Amanda heeds it, Holdfast does not. */
  | 'not-used-yet'
  /** Not part of the model; the programs with Amanda's names read it themselves. */
  | 'elsewhere'
  /** Says what is so anyway, or has no effect. */
  | 'unneeded'
  /** A section that nothing names. */
  | 'unused-section'

export interface AmandaRemark {
  readonly kind: RemarkKind
  readonly file: string
  /** From 1. */
  readonly line: number
  /** Such as `autoflush` or `dumptype user-tar: starttime`. */
  readonly subject: string
  /** What became of it, as a sentence without its full stop. */
  readonly outcome: string
}

/** Errors leave no configuration, warnings change what is backed up or when, notes do not. */
export function severityOf({ kind }: Pick<AmandaRemark, 'kind'>): 'error' | 'warning' | 'note' {
  if (kind === 'unusable') return 'error'
  return kind === 'changed' || kind === 'not-used-yet' ? 'warning' : 'note'
}

export function formatRemark(remark: AmandaRemark): string {
  return `${remark.file}:${remark.line}: ${severityOf(remark)}: ${remark.subject}: ${remark.outcome}`
}

/** The place of what stands nowhere. */
export const NO_PLACE: Place = { file: '(default)', line: 0 }
