// A configuration with a history, made from a seed: that of the planner's world, and beside it the logs of the runs that wrote its volumes, and a holding disk.
// What amadmin is asked about it, by stock Amanda's program and ours, meets the rules of `find`, `tape`, `due` and the others.

import { seededRandom } from '../../src/kernel/random.ts'
import { encodeDumpHeader, type DumpFileHeader } from '../../src/wire/amanda/dump-header.ts'
import { quoteString, sanitiseFileName } from '../../src/wire/amanda/quote.ts'
import { filesOfWorld, plannerWorld, WORLD_NAME, type PlannerWorld } from './planner-world.ts'

const NO_PORT = 10_080

interface History {
  readonly int: (limit: number) => number
  readonly is: (percent: number) => boolean
  readonly pick: <T>(values: readonly T[]) => T
}

function historyOf(seed: number): History {
  const random = seededRandom(seed ^ 0x5eed)
  return {
    int: (limit) => random.int(limit),
    is: (percent) => random.int(100) < percent,
    pick: (values) => {
      const value = values[random.int(values.length)]
      if (value === undefined) throw new Error('nothing to pick from')
      return value
    },
  }
}

const CRCS = 'aaaaaaaa:1 aaaaaaaa:1 aaaaaaaa:1'

/** The lines of one dump in the log of a run: its parts with what may go wrong with them, and how it ended. */
function dumpLines(dice: History, world: PlannerWorld, run: string, volumes: readonly string[], file: () => number): string[] {
  const { dle } = dice.pick(world.disks)
  const host = dice.is(5) ? 'unlisted' : dle.host
  const disk = quoteString(dice.is(5) ? '/gone' : dle.disk)
  const stamp = dice.is(80) ? run : dice.pick(['20261101120000', '20261102', run])
  const level = dice.int(4)
  const at = dice.is(90) ? `"ST:${WORLD_NAME}" "POOL:${WORLD_NAME}" ` : dice.is(50) ? '"ST:other" "POOL:pool two" ' : ''
  const lines: string[] = []
  if (dice.is(15)) lines.push(`FAIL ${dice.pick(['planner', 'driver', 'dumper', 'chunker'])} ${host} ${disk} ${stamp} ${level} ${dice.pick(['"[disk gone]"', '[[request failed: timeout waiting for ACK]]', '[data  timeout]\n  sendbackup: start', 'no "quote'])}`)
  if (dice.is(10)) lines.push(`PARTIAL chunker ${host} ${disk} ${stamp} ${level} bbbbbbbb:1 [sec 1.000 kb 50 kps 50]`)
  if (dice.is(10)) lines.push(`STRANGE dumper ${host} ${disk} ${level} aa:1 aa:1 [sec 1 kb 1 kps 1 orig-kb 1]\n  ? hello`)
  const parts = 1 + (dice.is(30) ? dice.int(4) : 0)
  const total = dice.is(85) ? '-1' : String(parts)
  for (let part = 1; part <= parts; part++) {
    const volume = dice.is(95) ? dice.pick(volumes) : 'NOSUCH'
    const part1 = (type: string, behind: string): string => `${type} taper ${at}${volume} ${file()} ${host} ${disk} ${stamp} ${part}/${total} ${level} [sec 1.000 bytes ${1024 * (1 + dice.int(5000))} kps 100 orig-kb 80]${behind}`
    if (dice.is(10)) lines.push(part1('PARTPARTIAL', ' "No space left on device"'))
    if (dice.is(95)) lines.push(part1('PART', ''))
  }
  const tail = `[sec 1.000 bytes 51200 kps 50 orig-kb 80]`
  const end = dice.int(100)
  if (end < 80) lines.push(`DONE taper ${at}${host} ${disk} ${stamp} ${parts} ${level} ${CRCS} ${tail}`)
  else if (end < 90) lines.push(`PARTIAL taper ${at}${host} ${disk} ${stamp} ${parts} ${level} ${CRCS} ${tail}${dice.pick(['', ' "no more"'])}`)
  else if (end < 95) lines.push(`FAIL taper ${at}${host} ${disk} ${stamp} ${level} ${dice.pick(['"device gone"', 'plain words'])}`)
  return lines
}

function logOf(dice: History, world: PlannerWorld, run: string, volumes: readonly string[]): string {
  let file = 0
  const lines = ['INFO amdump amdump pid 100', `START planner date ${run}`]
  const early = dice.int(3)
  for (let count = 0; count < early; count++) lines.push(...dumpLines(dice, world, run, volumes, () => ++file).filter((line) => line.startsWith('FAIL planner')))
  for (const [index, volume] of volumes.entries()) {
    lines.push(`START taper datestamp ${run} ${dice.is(90) ? `"ST:${WORLD_NAME}" "POOL:${WORLD_NAME}" ` : ''}label ${volume} tape ${index + 1}`)
    file = 0
    const count = 1 + dice.int(8)
    for (let dump = 0; dump < count; dump++) lines.push(...dumpLines(dice, world, run, volumes.slice(0, index + 1), () => ++file))
    lines.push(`INFO taper tape ${volume} kb 1000 fm ${file} [OK]`)
  }
  return `${lines.join('\n')}\nFINISH driver date ${run} time 5.0\n`
}

function holdingFiles(dice: History, world: PlannerWorld, dir: string): [string, Buffer][] {
  const files: [string, Buffer][] = []
  const count = dice.int(7)
  for (let number = 0; number < count; number++) {
    const { dle } = dice.pick(world.disks)
    const run = dice.pick(['20261125200000', '20261126200000', '20261120'])
    const header: DumpFileHeader = {
      kind: 'file', datestamp: run, host: dle.host, disk: dle.disk, level: dice.int(3), compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: dice.is(15), originalKib: 5, decryptCommand: '', uncompressCommand: '', recoverCommand: '',
    }
    const name = `holding/${run}/${dle.host}.${sanitiseFileName(dle.disk)}.${header.level}`
    if (files.some(([known]) => known === name)) continue
    const data = Buffer.alloc(dice.int(3000))
    if (!dice.is(30)) files.push([name, Buffer.concat([encodeDumpHeader(header), data])])
    else {
      files.push([name, Buffer.concat([encodeDumpHeader({ ...header, continuation: `${dir}/${name}.1` }), data])])
      if (dice.is(80)) files.push([`${name}.1`, Buffer.concat([encodeDumpHeader({ ...header, kind: 'cont-file' }), data])])
    }
  }
  if (dice.is(30)) files.push(['holding/20261126200000/noise', Buffer.from('x')], ['holding/20261126200000/client1._x.0.tmp', Buffer.alloc(40_000)])
  return files
}

/** Files below the directory of the configuration, which is `dir`. */
export function filesOfHistory(seed: number, dir: string): { readonly world: PlannerWorld; readonly files: ReadonlyMap<string, string | Buffer> } {
  const world = plannerWorld(seed)
  const dice = historyOf(seed)
  const files = new Map<string, string | Buffer>(filesOfWorld(world, dir, NO_PORT))
  files.set('amanda.conf', `${String(files.get('amanda.conf'))}labelstr "T[0-9][0-9][0-9]"\n${dice.is(60) ? 'autolabel "T%%%" empty\n' : ''}${dice.is(20) ? `displayunit "${dice.pick(['k', 'm', 'g'])}"\n` : ''}holdingdisk hd {\n    directory "${dir}/holding"\n    use 100 mb\n}\n`)
  const entries = world.facts.tapes?.tapelist ?? []
  const lines = entries.flatMap(({ datestamp, label }, index) => {
    // Some runs wrote two volumes, of which the later one stands first.
    const stamp = index % 5 === 1 ? (entries[index - 1]?.datestamp ?? datestamp) : datestamp
    return dice.is(4) ? [] : [`${stamp} ${label} ${dice.is(8) ? 'no-reuse' : 'reuse'}${dice.is(80) ? ' BLOCKSIZE:32' : ''}${dice.is(90) ? ` POOL:${WORLD_NAME} STORAGE:${WORLD_NAME} CONFIG:${WORLD_NAME}` : ''}${dice.is(5) ? ' #a comment' : ''}`]
  })
  const labelled = dice.is(40) ? ['0 T200 reuse POOL:world STORAGE:world', '0 T201 reuse POOL:world STORAGE:world'].slice(0, 1 + dice.int(2)) : []
  files.set('tapelist', [...lines, ...labelled].map((line) => `${line}\n`).join(''))
  const runs = new Map<string, string[]>()
  for (const line of lines) {
    const [stamp = '', label = ''] = line.split(' ')
    runs.set(stamp, [label, ...(runs.get(stamp) ?? [])])
  }
  for (const [run, volumes] of runs) {
    if (dice.is(10)) continue
    files.set(`log/log.${run}.0`, logOf(dice, world, run, volumes))
    if (dice.is(15)) files.set(`log/log.${run}.1`, logOf(dice, world, run, volumes))
  }
  for (const [name, bytes] of holdingFiles(dice, world, dir)) files.set(name, bytes)
  return { world, files }
}
