// Stock Amanda's amtape, amlabel and amrmtape and ours, given the same commands on two copies of the same configurations: the same words, exit codes, tapelists,
// states of changers and volumes. Then each reads what the other has written. Parts are seeds of generated configurations, of which both say which volume would be
// written next: `volumes:17`, `volumes:1-200`.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { formatChangerState, parseChangerState, type StateTable, type StateValue } from '../../src/wire/amanda/changer-state.ts'
import { formatTapelist, parseTapelist } from '../../src/wire/amanda/tapelist.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand, type CommandResult } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { StockRoom } from '../lab/stock-room.ts'
import { changerWorlds, generatedVolumes, putWorld } from '../lab/volume-world.ts'

const PROGRAMS = ['/usr/sbin/amtape', '/usr/sbin/amlabel', '/usr/sbin/amrmtape']
const SEEDS_IN_TEST = [1, 2, 3]
const DIFFERENCES_SHOWN = 5

const COMMANDS: readonly string[] = [
  'amtape disk inventory', 'amtape disk slot 6', 'amtape disk slot next', 'amtape disk slot 9', 'amtape disk taper', 'amtape disk label T44',
  'amlabel disk slot 6', 'amlabel disk T33 slot 1', 'amlabel -f disk T33 slot 1', 'amlabel --assign --meta m disk T02', 'amrmtape disk T05', 'amrmtape --erase --keep-label disk T03', 'amrmtape --list-no-retention disk', 'amtape disk show 1,5-6',
  'amtape multi inventory', 'amlabel multi slot 6', 'amtape multi slot last', 'amtape multi show', 'amtape multi update 6=', 'amtape multi taper', 'amtape multi label T01',
  'amlabel single T07', 'amtape single taper', 'amtape nosuch show',
]

interface Side {
  readonly room: StockRoom
  readonly dir: string
  readonly isStock: boolean
}

async function run(side: Side, words: readonly string[]): Promise<CommandResult> {
  const [program = '', ...args] = words
  const argv = side.isStock ? [`/usr/sbin/${program}`, ...args] : [process.execPath, '--disable-warning=ExperimentalWarning', path.resolve(import.meta.dirname, '../../src/cli/main.ts'), program, ...args]
  const result = await runCommand(side.room.words(argv, side.isStock))
  // Ours is run by root, who alone can be sure to read this program.
  if (!side.isStock) await command(['chown', '-R', 'backup:backup', path.join(side.dir, 'etc'), path.join(side.dir, 'lib')])
  // Perl adds a place in its own source.
  return { ...result, stderr: result.stderr.replaceAll(/ at \/usr\/\S+ line \d+\.\n\n?/g, '\n') }
}

/** Keys in an order of their own; slots of which nothing is known are the same as none. */
function sortedState(value: StateValue): StateValue {
  if (!(value instanceof Map)) return value
  const entries = [...(value as StateTable)].map(([key, one]) => [key, sortedState(one)] as const).filter(([key, one]) => !key.startsWith('file:') || !(one instanceof Map) || one.size > 0)
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Everything that the programs have left, by path. */
function filesBelow(dir: string, at = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(path.join(dir, at)).toSorted()) {
    const relative = path.join(at, name)
    const stat = lstatSync(path.join(dir, relative))
    if (/command_file$|tapelist\.last_write$|gnutar-lists|amandates/.test(relative)) continue
    if (stat.isSymbolicLink()) found.set(relative, `link to ${readlinkSync(path.join(dir, relative))}`)
    else if (stat.isDirectory()) for (const [key, value] of [[relative, 'directory'] as const, ...filesBelow(dir, relative)]) found.set(key, value)
    else {
      const text = readFileSync(path.join(dir, relative), 'latin1')
      // Stock leaves a volume that it sets to never written where it was in the list, and sorts it in with the next change.
      if (name === 'tapelist') found.set(relative, formatTapelist(parseTapelist(text)))
      else found.set(relative, /^(?:state|mstate)$/.test(name) ? formatChangerState(sortedState(parseChangerState(text)) as StateTable) : text.replaceAll('\0', ''))
    }
  }
  return found
}

function stateOf({ dir }: Side): Map<string, string> {
  return new Map(['etc', 'lib'].flatMap((part) => [...filesBelow(path.join(dir, part))].map(([key, value]) => [`${part}/${key}`, value] as const)))
}

function shown({ status, stdout, stderr }: CommandResult): string {
  return JSON.stringify([status, stdout, stderr])
}

class Comparison {
  readonly differences: string[] = []
  count = 0
  readonly #stock: Side
  readonly #ours: Side

  constructor(stock: Side, ours: Side) {
    this.#stock = stock
    this.#ours = ours
  }

  async give(line: string, ours = this.#ours): Promise<void> {
    const words = line.split(' ')
    const [a, b] = await Promise.all([run(this.#stock, words), run(ours, words)])
    this.count++
    if (shown(a) !== shown(b)) this.differences.push(`${line}: stock ${shown(a)}, ours ${shown(b)}`)
  }

  compareFiles(after: string): void {
    const [a, b] = [stateOf(this.#stock), stateOf(this.#ours)]
    for (const key of new Set([...a.keys(), ...b.keys()])) if (a.get(key) !== b.get(key)) this.differences.push(`${key} after ${after}: stock ${JSON.stringify(a.get(key))}, ours ${JSON.stringify(b.get(key))}`)
  }
}

function seedsOf(parts: readonly string[]): readonly number[] {
  return parts.flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? []
    must(first !== '' && Number(last) >= Number(first), `${part} is neither a seed nor a range of seeds`)
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

async function runCase({ dir, parts, signal }: CaseContext): Promise<string> {
  const backupId = Number(await command(['id', '-u', 'backup']))
  const side = (name: string, isStock: boolean): Side => ({ dir: path.join(dir, name), isStock, room: new StockRoom(path.join(dir, name), backupId) })
  const [stock, ours] = [side('stock', true), side('ours', false)]
  using _stock = stock.room
  using _ours = ours.room
  const seeds = parts.length === 0 ? SEEDS_IN_TEST : seedsOf(parts)
  const generated = seeds.map(generatedVolumes)
  for (const at of [stock, ours]) {
    for (const world of [...changerWorlds(), ...generated]) putWorld(world, { etc: path.join(at.dir, 'etc'), lib: path.join(at.dir, 'lib') })
    await command(['chmod', '755', dir, at.dir])
    await command(['chown', '-R', 'backup:backup', at.dir])
  }
  const comparison = new Comparison(stock, ours)
  for (const line of parts.length === 0 ? COMMANDS : []) {
    signal.throwIfAborted()
    await comparison.give(line)
    comparison.compareFiles(line)
    must(comparison.differences.length === 0, comparison.differences.slice(0, DIFFERENCES_SHOWN).join('; '))
  }
  for (const { name } of generated) {
    signal.throwIfAborted()
    if (parts.length > 0) await comparison.give(`amtape ${name} inventory`)
    await comparison.give(`amtape ${name} taper`)
  }
  comparison.compareFiles('the scans')
  must(comparison.differences.length === 0, `${comparison.differences.length} differences below ${dir}: ${comparison.differences.slice(0, DIFFERENCES_SHOWN).join('; ')}`)
  // Stock's programs on what ours have left, and the other way round.
  const crossed = new Comparison(stock, { ...ours, isStock: true })
  for (const name of ['disk', 'multi', 'single']) await crossed.give(`amtape ${name} show`, { ...ours, isStock: true })
  must(crossed.differences.length === 0, `stock's programs see our volumes otherwise: ${crossed.differences.join('; ')}`)
  return `${comparison.count} commands to stock Amanda's programs and ours: the same words, tapelists, states and volumes; which volume is next is the same for ${seeds.length} generated tapelists; stock shows our volumes as its own`
}

export const integrationCase: IntegrationCase = {
  name: 'volumes',
  summary: "amtape, amlabel and amrmtape against stock Amanda's: words, tapelists, changers and the choice of the next volume",
  needs: ['unshare', 'setpriv', 'chown', ...PROGRAMS],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 280_000,
  run: runCase,
}
