// `npm run sim`: plays worlds from seeds and reports schedules, faults by kind and coverage of states. A failure prints its trace and the line
// that replays it. It plays; what is checked is the worlds' own.
//
//   npm run sim -- [--world NAME] --seeds N [--first SEED]     N schedules of each world (or of one)
//   npm run sim -- --world NAME --seed S                       one schedule, with its trace
//   npm run sim -- --seconds N                                 as many as fit, the time shared among all worlds
//   npm run sim -- --pinned [--seconds N]                      first the seeds that once showed a defect
//   npm run sim -- --world NAME --plant DEFECT [--seeds N]     succeeds when the defect is found
//   npm run sim -- --plants [--world NAME]                     every defect of every world must be found
//   npm run sim -- --list                                      the worlds and their defects
//   npm run sim -- --help                                      these lines

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PINNED } from './pinned.ts'
import { describeStop } from './scheduler.ts'
import type { SimRun, SimWorld } from './world.ts'
import { WORLDS } from './worlds.ts'

/** Within this many seeds every planted defect must be found. */
const PLANT_SEEDS = 1_000
const PROGRESS_MS = 10_000
const USAGE_EXIT = 64

/** What a floating promise threw during the run that is being played. */
let strayFailure: string | undefined
process.on('unhandledRejection', (error) => (strayFailure ??= `a promise that nobody waits for: ${describeStop(error)}`))

// Run ids are local time; a seed must give the same run everywhere.
process.env['TZ'] = 'UTC'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function stop(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(USAGE_EXIT)
}

async function play(world: SimWorld, seed: number, plant?: string): Promise<SimRun> {
  strayFailure = undefined
  let run: SimRun
  try {
    run = await world.run(seed, plant)
  } catch (error) {
    run = { seed, failure: describeStop(error), faults: {}, states: new Map(), steps: 0, virtualMs: 0 }
  }
  const count = Object.values(run.faults).reduce((sum, faults) => sum + faults, 0)
  const failure = run.failure ?? strayFailure ?? (count < world.faultsMin ? `only ${count} faults were injected, ${world.faultsMin} are the least` : undefined)
  return { ...run, failure }
}

class Tally {
  schedules = 0
  steps = 0
  virtualMs = 0
  readonly startedMs = performance.now()
  readonly faults = new Map<string, number>()
  readonly states = new Map<string, number>()
  readonly failed: SimRun[] = []

  add(run: SimRun): void {
    this.schedules += 1
    this.steps += run.steps
    this.virtualMs += run.virtualMs
    for (const [kind, count] of Object.entries(run.faults)) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count)
    for (const [name, count] of run.states) this.states.set(name, (this.states.get(name) ?? 0) + count)
    if (run.failure !== undefined) this.failed.push(run)
  }

  missing(world: SimWorld): readonly string[] {
    return world.states.filter((state) => !this.states.has(state))
  }

  report(world: SimWorld): void {
    const seconds = (performance.now() - this.startedMs) / 1000
    const list = (counts: Map<string, number>): string => [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(', ')
    const faults = [...this.faults.values()].reduce((sum, count) => sum + count, 0)
    const missing = this.missing(world)
    say(`${world.name}: ${this.schedules} schedules, ${this.failed.length} failed, ${this.steps} steps, ${(this.virtualMs / 3_600_000).toFixed(1)} h of virtual time in ${seconds.toFixed(1)} s (${(this.schedules / seconds).toFixed(1)}/s)`)
    say(`  faults ${faults} (${(faults / Math.max(1, this.schedules)).toFixed(1)} a schedule): ${list(this.faults)}`)
    say(`  states ${world.states.length - missing.length} of ${world.states.length}: ${list(this.states)}`)
    if (missing.length > 0) say(`  not taken: ${missing.join(', ')}`)
  }
}

function printFailure(world: SimWorld, run: SimRun, plant?: string): void {
  for (const line of run.trace ?? []) say(`  ${line}`)
  say(`${world.name} seed ${run.seed} FAILED: ${run.failure}`)
  say(`  replay: npm run sim -- --world ${world.name} --seed ${run.seed}${plant === undefined ? '' : ` --plant ${plant}`}`)
}

interface Budget {
  readonly first: number
  readonly seeds: number
  readonly untilMs: number
}

/** Plays schedules until the budget is used up. Stops at the third failure: more say nothing new. */
async function playMany(world: SimWorld, budget: Budget): Promise<Tally> {
  const tally = new Tally()
  let toldMs = performance.now()
  for (let index = 0; index < budget.seeds && performance.now() < budget.untilMs && tally.failed.length < 3; index++) {
    const run = await play(world, budget.first + index)
    tally.add(run)
    if (run.failure !== undefined) printFailure(world, run)
    if (performance.now() - toldMs > PROGRESS_MS) {
      toldMs = performance.now()
      say(`${world.name}: ${tally.schedules} schedules, ${tally.failed.length} failed …`)
    }
  }
  tally.report(world)
  return tally
}

async function playPinned(worlds: readonly SimWorld[]): Promise<boolean> {
  let isGood = true
  for (const world of worlds) {
    for (const seed of PINNED[world.name] ?? []) {
      const run = await play(world, seed)
      if (run.failure === undefined) continue
      printFailure(world, run)
      isGood = false
    }
  }
  say(isGood ? 'every pinned seed is good' : 'pinned seeds FAILED')
  return isGood
}

/** The defect counts as found when its own check sees it, in a schedule that is good without it. */
async function playPlanted(world: SimWorld, name: string, first: number, seeds: number): Promise<boolean> {
  const plant = world.plants[name]
  if (plant === undefined) stop(`${world.name} has no plant ${name}; it has ${Object.keys(world.plants).join(', ')}`)
  for (let seed = first; seed < first + seeds; seed++) {
    const { failure } = await play(world, seed, name)
    if (failure === undefined) continue
    const [line] = failure.split('\n')
    const isGoodWithout = (await play(world, seed)).failure === undefined
    const isFound = plant.sign.test(failure) && isGoodWithout
    say(`${world.name}: the planted ${name} ${isFound ? 'was found' : 'failed otherwise than it should'} after ${seed - first + 1} schedules: ${line}`)
    if (!isFound) say(isGoodWithout ? `  expected is ${String(plant.sign)}` : `  seed ${seed} fails without the plant as well`)
    return isFound
  }
  say(`${world.name}: the planted ${name} was NOT found in ${seeds} schedules`)
  return false
}

async function playAllPlanted(worlds: readonly SimWorld[], first: number, seeds: number): Promise<boolean> {
  let isGood = true
  for (const world of worlds) for (const name of Object.keys(world.plants)) if (!(await playPlanted(world, name, first, seeds))) isGood = false
  return isGood
}

async function playOne(world: SimWorld, seed: number, plant: string | undefined): Promise<boolean> {
  const run = await play(world, seed, plant)
  const tally = new Tally()
  tally.add(run)
  if (run.failure === undefined) for (const line of run.trace ?? []) say(`  ${line}`)
  tally.report(world)
  if (run.failure !== undefined) printFailure(world, run, plant)
  return run.failure === undefined
}

function list(): void {
  for (const world of WORLDS) {
    say(`${world.name.padEnd(17)} ${world.summary}`)
    for (const [plant, { summary }] of Object.entries(world.plants)) say(`${''.padEnd(17)}   --plant ${plant.padEnd(24)} ${summary}`)
  }
}

/** The lines of usage at the top of this file. */
function help(): void {
  for (const line of readFileSync(import.meta.filename, 'utf8').split('\n')) if (line.startsWith('//   ')) say(line.slice(5))
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= 0 ? value : stop(`--${name} takes a whole number, not ${JSON.stringify(text)}`)
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { world: { type: 'string' }, seeds: { type: 'string' }, seed: { type: 'string' }, first: { type: 'string' }, seconds: { type: 'string' }, plant: { type: 'string' }, plants: { type: 'boolean' }, list: { type: 'boolean' }, pinned: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help === true) {
    help()
    return true
  }
  const worlds = values.world === undefined ? WORLDS : WORLDS.filter((world) => world.name === values.world)
  if (worlds.length === 0) stop(`no world ${values.world}; there are ${WORLDS.map((world) => world.name).join(', ')}`)
  const [only] = worlds
  const seed = wholeNumber('seed', values.seed)
  const seeds = wholeNumber('seeds', values.seeds)
  const first = wholeNumber('first', values.first) ?? 1
  const seconds = wholeNumber('seconds', values.seconds)
  if (values.list === true || (seed === undefined && seeds === undefined && seconds === undefined && values.world === undefined && values.plants !== true && values.pinned !== true)) {
    list()
    return true
  }
  if ((seed !== undefined || values.plant !== undefined) && (values.world === undefined || only === undefined)) stop('--seed and --plant need --world')
  if (only !== undefined && seed !== undefined) return playOne(only, seed, values.plant)
  if (only !== undefined && values.plant !== undefined) return playPlanted(only, values.plant, first, seeds ?? PLANT_SEEDS)
  if (values.plants === true) return playAllPlanted(worlds, first, seeds ?? PLANT_SEEDS)
  const isPinnedGood = values.pinned !== true || (await playPinned(worlds))
  if (values.pinned === true && seeds === undefined && seconds === undefined) return isPinnedGood
  return (await playWorlds(worlds, first, seeds, seconds)) && isPinnedGood
}

/** Without a number of seeds, an enumerating world plays all its schedules, and a seeded one as many as the time allows. */
async function playWorlds(worlds: readonly SimWorld[], first: number, seeds: number | undefined, seconds: number | undefined): Promise<boolean> {
  const startedMs = performance.now()
  const tallies: { readonly world: SimWorld; readonly tally: Tally }[] = []
  for (const [index, world] of worlds.entries()) {
    const all = seeds ?? (await world.count?.()) ?? (seconds === undefined ? PLANT_SEEDS : Number.POSITIVE_INFINITY)
    const endMs = startedMs + ((seconds ?? Number.POSITIVE_INFINITY) * 1000 * (index + 1)) / worlds.length
    const tally = await playMany(world, { first, seeds: all, untilMs: endMs })
    tallies.push({ world, tally })
  }
  if (tallies.length > 1) for (const { world, tally } of tallies) say(`${tally.failed.length === 0 ? 'good  ' : 'FAILED'} ${world.name.padEnd(17)} ${String(tally.schedules).padStart(6)} schedules, ${tally.failed.length} failed${tally.missing(world).length === 0 ? '' : `, ${tally.missing(world).length} states not taken`}`)
  return tallies.every(({ tally }) => tally.failed.length === 0)
}

process.exitCode = (await main()) ? 0 : 1
