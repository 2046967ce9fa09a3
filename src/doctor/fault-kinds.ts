// Which kind of fault one of our own fault codes is. Every code that can end an estimate, a dump, a taping or a run belongs to exactly one
// kind; the others stand here with the reason why no run can end with them. Pure.

import type { FaultCode } from '../kernel/fault-codes.ts'
import type { FaultKind } from './contract.ts'
import { ALL_KINDS, FAULT_KINDS, type AnyKind } from './kinds.ts'

const ENROLMENT = 'it ends an enrolment or a change of keys; a dump of such a host finds no agent'
const RESTORE = 'it ends a restore or a verification'
const AMANDA = 'a program under a name of Amanda ends with it, and names the file'
const COMMAND = 'it ends a command before a run begins'

/** Codes that no row of a run has. */
export const NOT_OF_RUNS: Partial<Record<FaultCode, string>> = {
  'agent-busy': ENROLMENT,
  'enrolment-refused': ENROLMENT,
  'key-mismatch': ENROLMENT,
  'key-refused': ENROLMENT,
  'token-invalid': ENROLMENT,
  'dump-missing': RESTORE,
  'filter-unknown': RESTORE,
  'header-mismatch': RESTORE,
  'archive-damaged': RESTORE,
  'index-damaged': RESTORE,
  'index-mismatch': RESTORE,
  'program-refused': RESTORE,
  'restore-incomplete': RESTORE,
  'restore-refused': RESTORE,
  'restore-target': RESTORE,
  'restore-unsafe': RESTORE,
  'volume-read-only': RESTORE,
  'catalog-newer': 'the server does not start with such a catalog',
  'record-damaged': AMANDA,
  'record-locked': AMANDA,
  'run-unknown': COMMAND,
  'server-away': COMMAND,
  'server-running': COMMAND,
  'server-stopping': COMMAND,
  'usage-wrong': COMMAND,
}

const BY_CODE = new Map(ALL_KINDS.map((kind) => [kind.code, kind]))
const BY_FAULT = new Map<string, FaultKind>(FAULT_KINDS.flatMap((kind) => (kind.faultCodes ?? []).map((code) => [code, kind] as const)))

/** The kind with the doctor's code `code`. */
export function kindOfCode(code: string): AnyKind | undefined {
  return BY_CODE.get(code)
}

/** The kind of what a finding or a report names: the doctor's code first, else one of our faults. */
export function kindOfEither(code: string): AnyKind | undefined {
  return kindOfCode(code) ?? kindOfFault(code)
}

/** The kind that the fault code `code` is. */
export function kindOfFault(code: string): FaultKind | undefined {
  return BY_FAULT.get(code)
}
