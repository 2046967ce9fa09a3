// The table of fault codes. A code is an interface: scripts, the doctor and the documents switch on it, so it is never renamed.
// docs/errors.md is generated from here (`npm run build -- docs`). Sorted by room, then by name.

import type { Retry } from './fault.ts'

export interface FaultEntry {
  /** What happened, one clause. */
  readonly summary: string
  readonly retry: Retry
  /** What the operator should do, one sentence. */
  readonly next: string
}

const TABLE = {
  // kernel
  cancelled: { summary: 'the work was cancelled before it ended', retry: 'now', next: 'Start it again when it suits.' },
  'disk-error': { summary: 'the disk reported an input/output error', retry: 'later', next: 'Look at the kernel log and the health of the disk, then replace what is failing.' },
  'disk-full': { summary: 'there is no space left on the disk', retry: 'later', next: 'Free space on the file system that is named, or give Holdfast another one.' },
  'file-missing': { summary: 'a file or directory that was expected is not there', retry: 'never', next: 'Check the path that is named.' },
  internal: { summary: 'Holdfast met something it did not expect', retry: 'later', next: 'Report this with the log lines before it; it is a defect of Holdfast.' },
  'permission-denied': { summary: 'the operating system refused access', retry: 'never', next: 'Give the user that runs Holdfast access to the path that is named.' },
  'process-failed': { summary: 'a program that Holdfast started failed', retry: 'later', next: 'Read the lines the program printed; they say why.' },
  'process-missing': { summary: 'a program that Holdfast needs is not installed', retry: 'never', next: 'Install the program that is named, or correct its path in the configuration.' },
  'timed-out': { summary: 'something took longer than its limit', retry: 'later', next: 'Look at what was slow; raise the limit if that is normal here.' },
  'wire-malformed': { summary: 'bytes from a peer or a file are not in the expected format', retry: 'never', next: 'Check that the peer or file is what it should be; it may be damaged or of another version.' },
  // config
  'config-invalid': { summary: 'the configuration has errors', retry: 'never', next: 'Correct the lines that are named and run `holdfast check`.' },
} as const satisfies Record<string, FaultEntry>

export type FaultCode = keyof typeof TABLE

export const FAULT_CODES: Readonly<Record<FaultCode, FaultEntry>> = TABLE
