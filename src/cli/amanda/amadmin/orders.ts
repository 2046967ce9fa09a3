// `amadmin force` and its kind: orders of the operator for the next run, as bits in the memory of a disk. An order takes away those that it contradicts.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { INFO_COMMANDS } from '../../../wire/amanda/curinfo.ts'
import { formatInfoWords, NO_INFO, parseInfoWords } from '../../../wire/amanda/curinfo-words.ts'
import { selectionOf, type AmadminCall } from './call.ts'

/** What becomes of the bits, and what is said of it; `undefined`: nothing is written. */
interface Ordered {
  readonly command: number | undefined
  readonly said: readonly string[]
}

type Order = (command: number, name: string) => Ordered

const { forceFull, forceBump, forceNoBump, forceLevel1 } = INFO_COMMANDS
const NAMES = new Map([[forceFull, 'FORCE'], [forceBump, 'FORCE-BUMP'], [forceNoBump, 'FORCE-NO-BUMP'], [forceLevel1, 'FORCE-LEVEL-1']] as const)

/** Sets `bit` and takes `against` away, saying so. */
function setting(bit: number, against: readonly (typeof INFO_COMMANDS)[keyof typeof INFO_COMMANDS][], what: string): Order {
  return (command, name) => {
    const cleared = against.filter((other) => (command & other) !== 0)
    const said = cleared.map((other) => `${name} ${NAMES.get(other) ?? ''} command was cleared${other === forceNoBump ? '.' : ''}`)
    return { command: (command & ~cleared.reduce((sum, other) => sum | other, 0)) | bit, said: [...said, `${name} is set to ${what} at next run.`] }
  }
}

/** Takes `bits` away, each with its own words; `none` is what is not there if none is. */
function clearing(bits: readonly { readonly bit: number; readonly what: string }[], none: string): Order {
  return (command, name) => {
    const found = bits.filter(({ bit }) => (command & bit) !== 0)
    if (found.length === 0) return { command: undefined, said: [`no ${none} command outstanding for ${name}, unchanged.`] }
    return { command: command & ~found.reduce((sum, { bit }) => sum | bit, 0), said: found.map(({ what }) => `${what} command for ${name} cleared.`) }
  }
}

/** By the name of the subcommand. */
export const ORDERS = {
  force: setting(forceFull, [forceLevel1, forceBump], 'a forced level 0'),
  'force-level-1': setting(forceLevel1, [forceFull, forceBump], 'a forced level 1'),
  unforce: clearing([{ bit: forceFull, what: 'force' }, { bit: forceLevel1, what: 'force-level-1' }], 'force'),
  'force-bump': setting(forceBump, [forceNoBump, forceFull, forceLevel1], 'bump'),
  'force-no-bump': setting(forceNoBump, [forceBump], 'not bump'),
  'unforce-bump': clearing([{ bit: forceBump | forceNoBump, what: 'bump' }], 'bump'),
} as const satisfies Readonly<Record<string, Order>>

async function give(order: Order, { words, session, disk, out }: AmadminCall): Promise<number> {
  const selection = selectionOf(session)
  for (const complaint of selection.select(words)) out(`amadmin: ${complaint}\n`)
  const store = new CurinfoStore(disk, session.places.infoDir)
  const byName = (a: { host: string; name: string }, b: { host: string; name: string }): number => Buffer.compare(Buffer.from(a.host), Buffer.from(b.host)) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
  for (const { host, name } of selection.chosen.toSorted(byName)) {
    const info = (await store.readAs(host, name, parseInfoWords)) ?? NO_INFO
    const { command, said } = order(info.command, `${host}:${name}`)
    if (command !== undefined) await store.writeText(host, name, formatInfoWords({ ...info, command }))
    for (const line of said) out(`amadmin: ${line}\n`)
  }
  return 0
}

export const ORDER_SUBCOMMANDS = Object.fromEntries(Object.entries(ORDERS).map(([name, order]) => [name, (call: AmadminCall) => give(order, call)]))
