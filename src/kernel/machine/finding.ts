// What a look at a machine gives. Server and agent look at themselves with the same checks, so that a code means the same on both.

/** Codes are stable: the doctor has a page for each. */
export interface MachineFinding {
  readonly severity: 'warning' | 'error'
  readonly code: 'space-low' | 'inodes-low' | 'directory-missing' | 'directory-open' | 'directory-read-only' | 'key-file-open' | 'memory-short' | 'open-files-low' | 'clock-unsynchronised'
  readonly message: string
  /** What to do, a sentence. */
  readonly next: string
}
