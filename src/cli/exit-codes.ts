// The one table of exit codes; docs/exit-codes.md is generated from it. Commands that judge a run follow Amanda's amdump: their codes
// are bits that are OR-ed. Everything else ends with one of the codes from 64 on, which mean what sysexits.h says.

import type { FaultCode } from '../kernel/fault-codes.ts'
import { DUMP_FAULTS } from '../server/driver/driver-step.ts'

interface ExitCodeEntry {
  readonly code: number
  readonly meaning: string
}

const TABLE = {
  ok: { code: 0, meaning: 'All went well.' },
  error: { code: 1, meaning: 'Something went wrong that no other code names; for a run: an error that is not about one dump.' },
  strange: { code: 2, meaning: 'Run: at least one dump is good but printed lines that Holdfast does not know. Restore: some entries are not quite as they were. Import: some settings that matter are not as in Amanda.' },
  failed: { code: 4, meaning: 'Run: at least one disk was not dumped, or only in part, or its dump was damaged before it reached a volume. Restore: some entries could not be restored.' },
  missing: { code: 8, meaning: 'Run: what became of at least one dump is not known, because the run was cut short.' },
  volume: { code: 16, meaning: 'Run: dumps were left on the holding disk because no volume could be written.' },
  usage: { code: 64, meaning: 'The command line is wrong.' },
  data: { code: 65, meaning: 'Stored data is damaged: a checksum or format is not what it must be.' },
  notFound: { code: 66, meaning: 'What was asked for does not exist: no such host, disk, dump or file.' },
  unavailable: { code: 69, meaning: 'Something that is needed is not there: the running server, an agent, a program.' },
  internal: { code: 70, meaning: 'A defect of Holdfast.' },
  disk: { code: 74, meaning: 'The disk failed or is full.' },
  temporary: { code: 75, meaning: 'It did not work now but can later: a timeout, a lock.' },
  permission: { code: 77, meaning: 'The operating system or the other side refused.' },
  config: { code: 78, meaning: 'The configuration has errors.' },
  interrupted: { code: 130, meaning: 'Ended by the operator.' },
} as const satisfies Record<string, ExitCodeEntry>

export type ExitName = keyof typeof TABLE

export function exitCode(name: ExitName): number {
  return TABLE[name].code
}

/** Codes that do not follow from `retry` alone. */
const BY_FAULT: Partial<Record<FaultCode, ExitName>> = {
  cancelled: 'interrupted',
  'config-invalid': 'config',
  'disk-error': 'disk',
  'disk-full': 'disk',
  'dump-crc-mismatch': 'data',
  'file-missing': 'notFound',
  'holding-damaged': 'data',
  internal: 'internal',
  'no-volume': 'volume',
  'permission-denied': 'permission',
  'process-missing': 'unavailable',
  'tapelist-damaged': 'data',
  'timed-out': 'temporary',
  'volume-damaged': 'data',
  'volume-missing': 'unavailable',
  'volumes-per-run': 'volume',
  'server-away': 'unavailable',
  'usage-wrong': 'usage',
  'catalog-damaged': 'data',
  'dump-missing': 'notFound',
  'enrolment-refused': 'permission',
  'header-mismatch': 'data',
  'host-unknown': 'notFound',
  'index-damaged': 'data',
  'token-invalid': 'usage',
  'connection-lost': 'temporary',
  'restore-target': 'usage',
  'vault-block-false': 'data',
  'vault-damaged': 'data',
  'vault-key-wrong': 'permission',
  'vault-locked': 'temporary',
  'vault-missing': 'notFound',
  'vault-rolled-back': 'data',
  'wire-malformed': 'data',
}

export function exitCodeOfFault(code: FaultCode): number {
  return exitCode(BY_FAULT[code] ?? 'error')
}

/** The bit of a complete dump that stayed on the holding disk, by the fault that kept it there; 0 when nothing went wrong. */
export function codeOfHeld(faultCode: string | undefined): number {
  if (faultCode === undefined || faultCode === 'cancelled') return exitCode('ok')
  // A dump that cannot be read from the holding disk is no dump of its disk.
  return exitCode(DUMP_FAULTS.has(faultCode) ? 'failed' : 'volume')
}

/** The page docs/exit-codes.md. */
export function exitCodePage(): string {
  const faults = Object.entries(BY_FAULT).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    '# Exit codes',
    '',
    'Every command of Holdfast ends with one of these codes. The page is generated from `src/cli/exit-codes.ts`.',
    '',
    'The codes 1 to 16 are bits: `dump`, `flush`, `report` and `recover extract` add up those that apply, as Amanda\'s `amdump` does. A run with a strange dump and a failed one ends with 6.',
    '',
    '| code | name | meaning |',
    '| --- | --- | --- |',
    ...Object.entries(TABLE).map(([name, entry]) => `| ${entry.code} | ${name} | ${entry.meaning} |`),
    '',
    'A [fault](errors.md) ends a command with:',
    '',
    '| fault | exit code |',
    '| --- | --- |',
    ...faults.map(([code, name]) => `| \`${code}\` | ${exitCode(name)} |`),
    '| any other | 1 |',
    '',
  ].join('\n')
}
