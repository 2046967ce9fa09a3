import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import { neededVolumes, type RetentionFacts } from './retention.ts'
import { daysBefore } from './volume-loader.ts'

const stamp = (day: number): string => `202611${String(day).padStart(2, '0')}000000`
const dumpOf = (disk: string, day: number, level: number, baseDay?: number): DumpRecord => ({
  id: dumpId(runId(stamp(day)), 'h', disk, level), run: runId(stamp(day)), host: 'h', disk, level, ...(baseDay === undefined ? {} : { baseRun: runId(stamp(baseDay)) }),
  status: 'complete', startedMs: 0, nativeBytes: 1, storedBytes: 1, attempts: 1,
})
const entry = (label: string, day: number, isReusable = true): TapelistEntry => ({ datestamp: day === 0 ? '0' : stamp(day), label, isReusable })
const facts = (tapelist: TapelistEntry[], dumps: DumpRecord[], places: Record<string, DumpRecord[]>, today = 28, keepFrom = '9'): RetentionFacts => ({
  tapelist, dumps, dumpsOnVolume: new Map(Object.entries(places).map(([label, list]) => [label, list.map(({ id }) => id)])), run: stamp(today), keepFrom,
})

test('a full that must stay keeps its volumes, and so do the incrementals after it', () => {
  const [full1, inc1, full2, inc2] = [dumpOf('/a', 1, 0), dumpOf('/a', 2, 1), dumpOf('/a', 3, 0), dumpOf('/a', 4, 1)]
  const all = facts([entry('D', 4), entry('C', 3), entry('B', 2), entry('A', 1), entry('N', 0)], [full1, inc1, full2, inc2], { A: [full1], B: [inc1], C: [full2], D: [inc2] })
  const kept = (retainFulls: number, retainVolumes = 0): string => [...neededVolumes(all, { retainFulls, retainVolumes, retainDays: 0 }).keys()].toSorted().join('')
  assert.deepEqual([kept(0), kept(1), kept(2), kept(9)], ['', 'CD', 'ABCD', 'ABCD'])
  // The newest volume holds an incremental: what it builds on must stay as well.
  assert.equal(kept(0, 1), 'CD')
  assert.equal(kept(0, 3), 'ABCD')
})

test('a chain of levels is followed to its full even where the base is not recorded', () => {
  const dumps = [dumpOf('/a', 1, 0), dumpOf('/a', 2, 1), dumpOf('/a', 3, 2), dumpOf('/a', 4, 1)]
  const [full, one, two, other] = dumps
  assert.ok(full !== undefined && one !== undefined && two !== undefined && other !== undefined)
  const all = facts([entry('D', 4), entry('C', 3, false), entry('B', 2), entry('A', 1)], dumps, { A: [full], B: [one], C: [two], D: [other] })
  assert.deepEqual([...neededVolumes(all, { retainFulls: 0, retainVolumes: 0, retainDays: 0 }).keys()].toSorted(), ['A', 'B', 'C'])
})

test('days and the run that goes on are kept', () => {
  const all = { ...facts([entry('B', 28), entry('A', 20), entry('Z', 10)], [], {}), keepFrom: daysBefore(stamp(28), 10) }
  assert.equal(all.keepFrom, stamp(18))
  assert.deepEqual([...neededVolumes(all, { retainFulls: 0, retainVolumes: 0, retainDays: 10 })].map(([label]) => label), ['B', 'A'])
  assert.deepEqual([...neededVolumes(all, { retainFulls: 0, retainVolumes: 0, retainDays: 0 }).keys()], ['B'])
})

test('whatever the history, what may be overwritten holds no part of a dump that the policy needs or that such a dump builds on', () => {
  const history = fc.array(fc.record({ disk: fc.constantFrom('/a', '/b'), level: fc.nat(3), volumes: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 2 }) }), { maxLength: 20 })
  const policy = fc.record({ retainVolumes: fc.nat(3), retainDays: fc.constant(0), retainFulls: fc.nat(3) })
  fc.assert(
    fc.property(history, policy, (events, rules) => {
      const dumps: DumpRecord[] = []
      const places: Record<string, DumpRecord[]> = {}
      const written = new Map<string, number>()
      for (const [index, { disk, level, volumes }] of events.entries()) {
        const base = dumps.findLast((dump) => dump.disk === disk && dump.level < level)
        const dump = dumpOf(disk, index + 1, base === undefined ? 0 : level, base === undefined ? undefined : Number(base.run.slice(6, 8)))
        dumps.push(dump)
        for (const volume of volumes) {
          ;(places[`V${volume}`] ??= []).push(dump)
          written.set(`V${volume}`, index + 1)
        }
      }
      const tapelist = [...written].map(([label, day]) => entry(label, day))
      const kept = neededVolumes(facts(tapelist, dumps, places), rules)
      for (const disk of ['/a', '/b']) {
        const fulls = dumps.filter((dump) => dump.disk === disk && dump.level === 0)
        const oldest = rules.retainFulls === 0 ? undefined : (fulls.at(-rules.retainFulls) ?? fulls[0])
        const needed = dumps.filter((dump) => dump.disk === disk && oldest !== undefined && dump.run >= oldest.run)
        for (const dump of needed) for (const [label, list] of Object.entries(places)) if (list.includes(dump)) assert.ok(kept.has(label), `${label} holds ${dump.id}`)
      }
      const newest = [...written].toSorted((a, b) => b[1] - a[1]).slice(0, rules.retainVolumes).map(([label]) => label)
      for (const dump of newest.flatMap((label) => places[label] ?? [])) {
        for (let at: DumpRecord | undefined = dump; at !== undefined; at = dumps.find((other) => other.disk === dump.disk && other.run === at?.baseRun)) {
          for (const [label, list] of Object.entries(places)) if (list.includes(at)) assert.ok(kept.has(label), `${label} holds ${at.id}, which ${dump.id} needs`)
        }
      }
    }),
  )
})
