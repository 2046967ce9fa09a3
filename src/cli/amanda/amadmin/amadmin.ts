// What stock Amanda's `amadmin` does: finds the configuration, and hands the words behind the name of a subcommand to it. Answers, complaints and exit codes
// (0 and 1) are those of Amanda 3.5.1.

import { parseOverride, type Override } from '../../../config/amanda/overrides.ts'
import { openAmandaSession } from '../amanda-session.ts'
import { AmadminUsage, type AmadminCall, type AmadminMachine } from './call.ts'
import { find } from './find.ts'
import { holding } from './holding.ts'
import { AMADMIN_USAGE } from './usage.ts'

type Subcommand = (call: AmadminCall) => Promise<number>

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  dles: (call) => list(call, call.session.disks.map(({ host, name }) => `${host} ${name}`)),
  find,
  holding,
  hosts: (call) => list(call, [...new Set(call.session.disks.map(({ host }) => host))]),
}

async function list({ out }: AmadminCall, lines: readonly string[]): Promise<number> {
  for (const line of lines) out(`${line}\n`)
  return Promise.resolve(0)
}

/** Options of the program stand anywhere; what else there is are words. */
function readOptions(words: readonly string[]): { readonly overrides: Override[]; readonly isExact: boolean; readonly isVersion: boolean; readonly rest: string[] } {
  const overrides: Override[] = []
  const rest: string[] = []
  let [isExact, isVersion] = [false, false]
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--exact-match') isExact = true
    else if (word === '--version') isVersion = true
    else if (word.startsWith('-o')) {
      const given = word === '-o' ? (words[++at] ?? '') : word.slice(2)
      const override = parseOverride(given)
      if (override === undefined) throw new AmadminUsage(`Must specify a value for ${given}.`)
      overrides.push(override)
    } else rest.push(word)
  }
  return { overrides, isExact, isVersion, rest }
}

/** Returns the exit code. */
export async function amadmin(words: readonly string[], workingDir: string, machine: AmadminMachine): Promise<number> {
  try {
    const { overrides, isExact, isVersion, rest } = readOptions(words)
    if (isVersion) {
      machine.out('amadmin-3.5.1\n')
      return 0
    }
    const [config, name, ...others] = rest
    if (config === undefined || name === undefined) throw new AmadminUsage()
    const session = openAmandaSession(config, overrides, workingDir, (line) => machine.err(`${line}\n`))
    if (session === undefined) {
      machine.err('amadmin: errors processing config file\n')
      return 1
    }
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
    if (subcommand === undefined) throw new AmadminUsage(`unknown command "${name}"`)
    return await subcommand({ ...machine, session, words: isExact ? others.map((word) => (word.startsWith('-') ? word : `=${word}`)) : others })
  } catch (error) {
    if (!(error instanceof AmadminUsage)) throw error
    machine.err(`${error.complaint === undefined ? '' : `amadmin: ${error.complaint}\n`}${AMADMIN_USAGE}`)
    return 1
  }
}
