// What the doctor says, and how one kind of fault is described. Every kind is one file in kinds/; command and documentation are made from
// the same description (docs/doctor/), so that they cannot disagree.

import type { FaultCode } from '../kernel/fault-codes.ts'

/** `notice`: worth knowing. `warning`: it will hurt one day. `failure`: something was not backed up. */
export type Severity = 'notice' | 'warning' | 'failure'

export type Confidence = 'certain' | 'likely' | 'possible'

/** A line of a log that speaks for a finding. */
export interface Evidence {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly text: string
  /** When, by the clock of the machine that wrote it, as far as the log says: `2026-11-23 22:25:09`. */
  readonly time?: string
}

/** A dump, or all of a client. */
export interface DumpName {
  readonly host: string
  readonly disk?: string
}

/** Steps for one place: the heading says which. */
export interface Cure {
  readonly on: string
  /** It helps on this system only (`process.platform`); a command shows the cures for its own. */
  readonly platform?: 'linux' | 'freebsd' | 'darwin' | 'sunos'
  /** Lines for a shell there, that can be run as they are; words in capitals (CLIENT, CONFIG) are to be filled in. */
  readonly commands?: readonly string[]
  /** Sentences: what to do by hand, what to know before. */
  readonly steps: readonly string[]
}

/** Figures that logs show, for cures that depend on them. */
export interface Measured {
  /** Seconds: the shortest silence after which a connection was lost. The limit that it met is that or less. */
  readonly silentS: number
}

export interface FaultKind {
  /** Stable; the name of its page in docs/doctor/. */
  readonly code: string
  readonly severity: Severity
  /** What happened, in one sentence. */
  readonly symptom: string
  readonly cause: string
  /** How sure the words of a line make it. */
  readonly confidence: Confidence
  /** What to do first, in one sentence: what a report says beside the fault. */
  readonly advice: string
  readonly cures: readonly Cure[]
  /** The same cures with the figures of what was measured in them. Default: `cures`. */
  readonly curesFor?: (measured: Measured) => readonly Cure[]
  /** How to see that the cure helped. */
  readonly check: string
  /** Codes of our own faults that are this one. */
  readonly faultCodes?: readonly FaultCode[]
  /**
   * No line says it by itself, but several together: where these are of other kinds, it is named instead of them (`logs/join-findings.ts`). Such a kind
   * has no patterns of its own, and each of its samples is several lines.
   */
  readonly seenIn?: readonly string[]
  /** Each line of it has one of these in it: most lines of a log have none of any kind, and are not looked at further. */
  readonly words: readonly string[]
  /** What of it stands in a line of a log. All patterns are tried on the whole line. */
  readonly patterns: readonly RegExp[]
  /**
   * Codes of faults that bring this one with them: when one of them is found for the same client, this is what followed from it and not a
   * finding of its own.
   */
  readonly followsFrom?: readonly string[]
  /** Lines as programs wrote them, with where they come from. Each must be found by the patterns. */
  readonly samples: readonly { readonly line: string; readonly from: string }[]
}

export interface Finding {
  readonly code: string
  readonly severity: Severity
  readonly symptom: string
  /** Undefined when the logs do not say which client. */
  readonly host: string | undefined
  readonly disk: string | undefined
  /** Every dump that it hit, when the logs name any. `host` and `disk` above are theirs as far as all of them have the same. */
  readonly dumps?: readonly DumpName[]
  /** What the logs show beyond the lines, such as how long a connection had been idle. */
  readonly details: readonly string[]
  /** Which streams of a dump broke: `data`, `mesg`, `index`, `state`. */
  readonly streams?: readonly string[]
  /** Timestamps of the runs it happened in, in order, as far as the logs say. */
  readonly runs?: readonly string[]
  /** Times of its first and last line. */
  readonly firstTime?: string
  readonly lastTime?: string
  readonly evidence: readonly Evidence[]
  /** Lines that say it, of which `evidence` has the first few. */
  readonly count: number
  readonly cause: string
  readonly confidence: Confidence
  readonly advice: string
  readonly cures: readonly Cure[]
  readonly check: string
  /** Page of the documentation, relative to its directory. */
  readonly page: string
}

/** A file that was not read, or not to its end, and why. */
export interface FileNote {
  readonly file: string
  readonly text: string
}

export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** Failures that no kind explains: their lines, never a guess. */
  readonly unknown: readonly Evidence[]
  readonly unknownCount: number
  readonly files: number
  readonly lines: number
  /** Files that were left out or ended early. */
  readonly notes: readonly FileNote[]
  readonly noteCount: number
}
