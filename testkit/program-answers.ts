// Programs that only answer: what each command line prints. Anything else is not installed.

import { sourceOf } from '../src/kernel/byte-stream.ts'
import { Fault } from '../src/kernel/fault.ts'
import type { ProcessRunner } from '../src/kernel/processes.ts'

/** `answers`: the words of a command line, joined by blanks, and what it prints. */
export function programsOf(answers: Readonly<Record<string, string>>): ProcessRunner {
  return {
    start({ argv }) {
      const answer = answers[argv.join(' ')]
      if (answer === undefined) return Promise.reject(new Fault('process-missing', `${argv[0]} is not installed`))
      const nothing = (): Promise<void> => Promise.resolve()
      return Promise.resolve({
        pid: 1,
        stdin: { write: nothing, end: nothing, fail: () => undefined },
        stdout: sourceOf(answer),
        stderr: sourceOf(),
        extra: [],
        exit: Promise.resolve({ code: 0, signal: null }),
        kill: () => undefined,
      })
    },
  }
}
