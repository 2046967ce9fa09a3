// What is wrong in an Amanda configuration, in the words that stock Amanda uses, with the place. Text of Amanda's files is held as one character a byte
// (latin1), so that what is printed again is the same bytes.

export interface AmandaProblem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Undefined for what only shows when all is read. */
  readonly file: string | undefined
  /** Counted in statements, as stock Amanda counts: a string over two lines is one. From 1; 0 without a file. */
  readonly line: number
  /** The value on the command line in which the problem is. */
  readonly argument?: string
}

export type Report = (severity: AmandaProblem['severity'], message: string) => void

/** The line that stock Amanda prints for a problem. */
export function formatAmandaProblem({ file, line, argument, message }: AmandaProblem): string {
  if (argument !== undefined) return `argument '${argument}': ${message}`
  return file === undefined ? `parse error: ${message}` : `'${file}', line ${line}: ${message}`
}

/** At most this many problems are kept: a file of noise has one a byte. */
export const PROBLEMS_MAX = 1000
