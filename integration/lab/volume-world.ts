// Configurations with volumes for stock Amanda's programs and ours: one for each kind of changer, and generated ones with tapelists, policies and scans of all sorts.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { encodeDumpHeader } from '../../src/wire/amanda/dump-header.ts'
import { formatTapelist, type TapelistEntry } from '../../src/wire/amanda/tapelist.ts'
import { seededRandom } from '../../src/kernel/random.ts'

/** Where a StockRoom has the directories of a configuration. */
export interface WorldPlace {
  readonly etc: string
  readonly lib: string
}

interface WorldVolume {
  readonly directory: string
  /** Undefined: nothing is in it. `damaged`: something that is no label. */
  readonly label: { readonly label: string; readonly datestamp: string } | 'damaged' | undefined
}

export interface VolumeWorld {
  readonly name: string
  readonly settings: string
  readonly volumes: readonly WorldVolume[]
  readonly tapelist: readonly TapelistEntry[]
}

const BASE = (name: string): string => `org "lab"
dumpuser "backup"
mailto ""
infofile "/var/lib/amanda/${name}/curinfo"
logdir "/var/lib/amanda/${name}/log"
indexdir "/var/lib/amanda/${name}/index"
tapelist "/etc/amanda/${name}/tapelist"
runtapes 1
dumpcycle 3
tapetype V
define tapetype V {
  length 10 mbytes
}
define taperscan old {
  plugin "oldest"
}
define taperscan lex {
  plugin "lexical"
}
`

function entry(name: string, label: string, datestamp: string, fields: Partial<TapelistEntry> = {}): TapelistEntry {
  return { datestamp, label, isReusable: true, blockKib: 32, pool: name, storage: name, config: name, ...fields }
}

function dayOf(day: number): string {
  return `202611${String(day).padStart(2, '0')}000000`
}

/** A chg-disk with volumes of several days, a chg-multi with a changer of its own, and a single device. */
export function changerWorlds(): VolumeWorld[] {
  const labels = 'labelstr "T[0-9][0-9]"\nautolabel "T%%" empty\ntapecycle 4\n'
  const disk = [1, 2, 3, 4, 5].map((day) => ({ label: `T0${day}`, datestamp: dayOf(day) }))
  return [
    { name: 'disk', settings: `${labels}tpchanger "chg-disk:/var/lib/amanda/disk/vt"\n`, volumes: [...disk, undefined].map((label, index) => ({ directory: `vt/slot${index + 1}`, label })), tapelist: disk.map(({ label, datestamp }) => entry('disk', label, datestamp)).toReversed() },
    {
      name: 'multi',
      settings: `${labels}define changer m {\n  tpchanger "chg-multi:file:/var/lib/amanda/multi/v{01..03}"\n  changerfile "mstate"\n  property "first-slot" "5"\n}\ntpchanger "m"\n`,
      volumes: ['v01', 'v02', 'v03'].map((directory) => ({ directory, label: undefined })),
      tapelist: [],
    },
    { name: 'single', settings: `${labels}tpchanger "chg-single:file:/var/lib/amanda/single/v1"\n`, volumes: [{ directory: 'v1', label: undefined }], tapelist: [] },
  ]
}

/** A chg-disk with volumes and a tapelist that fit together more or less. */
export function generatedVolumes(seed: number): VolumeWorld {
  const random = seededRandom(seed)
  const below = (count: number): number => random.int(count)
  const chance = (share: number): boolean => random.int(100) < share * 100
  const name = `g${seed}`
  const volumes: WorldVolume[] = []
  const tapelist: TapelistEntry[] = []
  const days = Array.from({ length: 28 }, (_, index) => index + 1)
  for (let slot = 1; slot <= 3 + below(6); slot++) {
    const label = `T${String(slot * 3 + below(3)).padStart(2, '0')}`
    const datestamp = chance(0.25) ? '0' : dayOf(days.splice(below(days.length), 1)[0] ?? 1)
    const isThere = chance(0.8)
    const kind = isThere ? ({ label, datestamp: datestamp === '0' ? 'X' : datestamp } as const) : chance(0.2) ? 'damaged' : undefined
    volumes.push({ directory: `vt/slot${slot}`, label: kind })
    if (!chance(0.9)) continue
    tapelist.push(entry(name, label, datestamp, { isReusable: chance(0.85), ...(chance(0.1) ? { pool: 'other' } : {}), ...(chance(0.1) ? { config: 'other' } : {}) }))
  }
  const autolabel = ['', 'autolabel "T%%" empty\n', 'autolabel "T%%" empty volume-error\n'][below(3)] ?? ''
  const scan = ['', 'taperscan "old"\n', 'taperscan "lex"\n'][below(3)] ?? ''
  const sorted = tapelist.toSorted((a, b) => (a.datestamp < b.datestamp ? 1 : a.datestamp > b.datestamp ? -1 : 0))
  return { name, settings: `labelstr "T[0-9][0-9]"\ntapecycle ${1 + below(6)}\n${autolabel}${scan}tpchanger "chg-disk:/var/lib/amanda/${name}/vt"\n`, volumes, tapelist: sorted }
}

export function putWorld(world: VolumeWorld, { etc, lib }: WorldPlace): void {
  mkdirSync(path.join(etc, world.name), { recursive: true })
  writeFileSync(path.join(etc, world.name, 'amanda.conf'), `${BASE(world.name)}${world.settings}`)
  writeFileSync(path.join(etc, world.name, 'disklist'), '')
  if (world.tapelist.length > 0) writeFileSync(path.join(etc, world.name, 'tapelist'), formatTapelist(world.tapelist))
  for (const name of ['curinfo', 'log', 'index']) mkdirSync(path.join(lib, world.name, name), { recursive: true })
  for (const { directory, label } of world.volumes) {
    const at = path.join(lib, world.name, directory)
    mkdirSync(at, { recursive: true })
    if (label === 'damaged') writeFileSync(path.join(at, '00000.T99'), 'no label')
    else if (label !== undefined) writeFileSync(path.join(at, `00000.${label.label}`), encodeDumpHeader({ kind: 'tapestart', ...label }))
  }
}
