// A secret is given in one of three ways: NAME (its value), NAME_FILE (a file that holds it), NAME_COMMAND (a program that prints it).
// Its value never reaches a log, a message or a command line of ours.

import { readAll } from '../kernel/byte-stream.ts'
import { readFile, type Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import { describeExit, type ProcessRunner } from '../kernel/processes.ts'

const SECRET_BYTES_MAX = 64 * 1024

export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly disk: Disk
  readonly processes: ProcessRunner
}

/** The secret `name`, or undefined when none of the three is set. Rejects with `config-invalid` when more than one is. */
export async function readSecret(name: string, sources: SecretSources): Promise<string | undefined> {
  const { environment, disk, processes } = sources
  const forms = [name, `${name}_FILE`, `${name}_COMMAND`].filter((form) => (environment[form] ?? '') !== '')
  if (forms.length > 1) throw new Fault('config-invalid', `${forms.join(' and ')} are both set`, { next: 'Set only one of them.' })
  const form = forms[0]
  if (form === undefined) return undefined
  const value = environment[form] ?? ''
  if (form === name) return value.trim()
  if (form === `${name}_FILE`) return (await readFile(disk, value, SECRET_BYTES_MAX)).toString('utf8').trim()
  const words = value.split(/\s+/).filter((word) => word !== '')
  return await printedSecret(form, [words[0] ?? '', ...words.slice(1)], processes)
}

/** What the program `argv` prints, without blanks around it; `name` says in messages what it is for. */
export async function printedSecret(name: string, argv: readonly [string, ...string[]], processes: ProcessRunner): Promise<string> {
  const running = await processes.start({ argv })
  await running.stdin.end()
  const [printed, said, exit] = await Promise.all([readAll(running.stdout, SECRET_BYTES_MAX), readAll(running.stderr, SECRET_BYTES_MAX), running.exit])
  if (exit.code !== 0) {
    throw new Fault('process-failed', `${name}: ${argv[0]} ${describeExit(exit)}: ${Buffer.from(said).toString('utf8').trim().slice(0, 500)}`)
  }
  return Buffer.from(printed).toString('utf8').trim()
}
