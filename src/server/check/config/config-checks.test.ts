import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpRecord, RunRecord } from '../../../catalog/contract.ts'
import { dumpId, runId } from '../../../catalog/ids.ts'
import { parseServerConfig } from '../../../config/server-config.ts'
import { DAY_MS } from '../../../config/units.ts'
import { agentsAway } from './agents-away.ts'
import { CONFIG_CHECKS } from './config-checks.ts'
import { disksFailing } from './disks-failing.ts'
import { disksNeverDumped } from './disks-never-dumped.ts'
import { disksOverdue } from './disks-overdue.ts'
import { disksOverlap } from './disks-overlap.ts'
import { dumpsUnverified } from './dumps-unverified.ts'
import { dumptypesUnused } from './dumptypes-unused.ts'
import { estimatesOff } from './estimates-off.ts'
import { groupByDisk, type AgentFacts, type ConfigCheck, type ConfigFacts } from './facts.ts'
import { fullsCrowded } from './fulls-crowded.ts'
import { holdingSmall } from './holding-small.ts'
import { retentionShort, slotsFew } from './retention-short.ts'
import { scheduleMissing } from './schedule-missing.ts'
import { volumesNext } from './volumes-next.ts'

const NOW_MS = Date.UTC(2026, 10, 26, 12)
const GIB = 2 ** 30

const WELL = `
storage: {directory: /v, slots: 30}
schedule: {at: "30 1 * * *"}
hosts: {a: [/d]}
`

interface Changes {
  readonly yaml?: string
  readonly dumps?: readonly DumpRecord[]
  readonly agents?: readonly AgentFacts[]
  readonly runs?: readonly RunRecord[]
  readonly holdingBytes?: number
  readonly nextVolumes?: ConfigFacts['nextVolumes']
}

/** A dump `daysAgo`. */
function dump(daysAgo: number, more: Partial<DumpRecord> = {}): DumpRecord {
  const startedMs = NOW_MS - daysAgo * DAY_MS
  const run = runId(new Date(startedMs).toISOString().replace(/\D/g, '').slice(0, 14))
  const { host = 'a', disk = '/d', level = 0 } = more
  return { id: dumpId(run, host, disk, level), run, host, disk, level, status: 'complete', startedMs, nativeBytes: GIB, storedBytes: GIB, attempts: 1, verifiedMs: NOW_MS - DAY_MS, ...more }
}

const failed = (daysAgo: number, more: Partial<DumpRecord> = {}): DumpRecord => dump(daysAgo, { status: 'failed', faultCode: 'timed-out', message: 'too slow', ...more })

function facts(changes: Changes = {}): ConfigFacts {
  const outcome = parseServerConfig(changes.yaml ?? WELL, 'holdfast.yaml', { state: '/s', cache: '/c', run: '/r', log: '/l' })
  assert.equal(outcome.kind, 'config', JSON.stringify(outcome.problems))
  assert.ok(outcome.kind === 'config')
  const dumps = (changes.dumps ?? [dump(1)]).toSorted((a, b) => (a.run < b.run ? 1 : -1))
  return {
    config: outcome.config, nowMs: NOW_MS, version: '1.0.0', dumps, dumpsByDisk: groupByDisk(dumps), runs: changes.runs ?? [{ id: runId('20261125013000'), startedMs: 0, status: 'done', reason: 'schedule' }],
    agents: changes.agents ?? [{ host: 'a', isConnected: true, version: '1.0.0', keySinceMs: NOW_MS - DAY_MS }], nextVolumes: changes.nextVolumes ?? [], holdingBytes: changes.holdingBytes ?? 100 * GIB,
  }
}

function told(check: ConfigCheck, changes?: Changes): string[] {
  const findings = check(facts(changes))
  for (const { message, next } of findings) assert.ok(message !== '' && next.length >= 10)
  return findings.map(({ severity, code, host, disk }) => [severity, code, host, disk].filter((word) => word !== undefined).join(' '))
}

test('of a set-up that is well no check says anything', () => {
  for (const check of CONFIG_CHECKS) assert.deepEqual(told(check), [])
})

test('a disk that no run has a complete dump of was never backed up, unless nothing has run yet', () => {
  assert.deepEqual(told(disksNeverDumped, { dumps: [] }), ['error disk-never-dumped a /d'])
  assert.deepEqual(told(disksNeverDumped, { dumps: [failed(1), dump(2, { status: 'partial' })] }), ['error disk-never-dumped a /d'])
  assert.deepEqual(told(disksNeverDumped, { dumps: [], runs: [] }), [])
  assert.deepEqual(told(disksNeverDumped, { dumps: [], yaml: WELL.replace('[/d]', '[{disk: /d, strategy: skip}]') }), [])
})

test('three failed runs in a row are told, two are not, nor what was mended since', () => {
  assert.deepEqual(told(disksFailing, { dumps: [failed(1), failed(2), failed(3), dump(4)] }), ['error disk-failing a /d'])
  assert.deepEqual(told(disksFailing, { dumps: [failed(1), failed(2), dump(3), failed(4)] }), [])
  assert.deepEqual(told(disksFailing, { dumps: [dump(1), failed(2), failed(3), failed(4)] }), [])
  const [finding] = disksFailing(facts({ dumps: [failed(1), failed(2), failed(3)] }))
  assert.equal(finding?.details?.length, 3)
  assert.match(finding.message, /last 3 runs failed, the last with "too slow" \[timed-out\]/)
})

test('a disk without a dump for three runs is overdue, a full that is late by itself is a warning', () => {
  assert.deepEqual(told(disksOverdue, { dumps: [dump(2.9)] }), [])
  assert.deepEqual(told(disksOverdue, { dumps: [dump(3.1)] }), ['error disk-overdue a /d'])
  const weekly = WELL.replace('30 1 * * *', '30 1 * * 0')
  assert.deepEqual(told(disksOverdue, { dumps: [dump(8)], yaml: weekly }), [])
  assert.deepEqual(told(disksOverdue, { dumps: [dump(22)], yaml: weekly }), ['error disk-overdue a /d'])
  assert.deepEqual(told(disksOverdue, { dumps: [dump(1, { level: 1 }), dump(8)] }), [])
  assert.deepEqual(told(disksOverdue, { dumps: [dump(1, { level: 1 }), dump(10)] }), ['warning full-overdue a /d'])
  assert.deepEqual(told(disksOverdue, { dumps: [dump(1, { level: 1 }), dump(10)], yaml: WELL.replace('[/d]', '[{disk: /d, strategy: incronly}]') }), [])
})

test('a disk inside another one is worth knowing, unless it is left out; the same directory twice is a warning', () => {
  const disks = (list: string): Changes => ({ yaml: WELL.replace('[/d]', list) })
  assert.deepEqual(told(disksOverlap, disks('[/home, /home/ann]')), ['note disks-overlap a /home/ann'])
  assert.deepEqual(told(disksOverlap, disks('[/, /home]')), ['note disks-overlap a /home'])
  assert.deepEqual(told(disksOverlap, disks('[/home, /home2]')), [])
  assert.deepEqual(told(disksOverlap, disks('[{disk: /home, exclude-append: ["./ann"]}, /home/ann]')), [])
  assert.deepEqual(told(disksOverlap, disks('[/home, {disk: again, device: /home}]')), ['warning disks-overlap a again'])
  assert.deepEqual(told(disksOverlap, { yaml: 'storage: {directory: /v}\nhosts: {a: [/home], b: [/home/ann]}\n' }), [])
})

test('a disk of which no full was read back within verify-within is told', () => {
  assert.deepEqual(told(dumpsUnverified, { dumps: [dump(1, { verifiedMs: undefined } as unknown as Partial<DumpRecord>)] }), ['warning dump-unverified a /d'])
  assert.deepEqual(told(dumpsUnverified, { dumps: [dump(40, { verifiedMs: NOW_MS - 29 * DAY_MS })] }), [])
  assert.deepEqual(told(dumpsUnverified, { dumps: [dump(40, { verifiedMs: NOW_MS - 31 * DAY_MS })] }), ['warning dump-unverified a /d'])
  assert.deepEqual(told(dumpsUnverified, { dumps: [dump(40, { verifiedMs: NOW_MS - 31 * DAY_MS })], yaml: `${WELL}verify-within: 60 d\n` }), [])
  const fresh = { ...dump(1) } as { verifiedMs?: number } & DumpRecord
  delete fresh.verifiedMs
  assert.deepEqual(told(dumpsUnverified, { dumps: [fresh, dump(8)] }), [], 'an older full, still there, was verified')
  assert.deepEqual(told(dumpsUnverified, { dumps: [] }), [])
  const names = Array.from({ length: 30 }, (_none, index) => `/${index}`)
  const many = names.map((disk) => dump(40, { disk, verifiedMs: NOW_MS - 31 * DAY_MS }))
  const [one, ...others] = dumpsUnverified(facts({ yaml: WELL.replace('[/d]', `[${names.join(', ')}]`), dumps: many }))
  assert.deepEqual([one?.host, others.length, one?.details?.length, one?.details?.at(-1)], [undefined, 0, 21, 'and 10 more'])
})

test('dumptypes that no disk uses are told; one that is inherited from is used', () => {
  const types = 'dumptypes: {base: {compress: gzip}, used: {inherit: base}, idle: {compress: zstd}}\n'
  assert.deepEqual(dumptypesUnused(facts({ yaml: `${WELL.replace('[/d]', '[{disk: /d, dumptype: used}]')}${types}` })).map(({ message }) => message), ['no disk uses the dumptype idle'])
})

test('estimates that are off three times in the same direction are told', () => {
  const off = (daysAgo: number, estimatedBytes: number): DumpRecord => dump(daysAgo, { level: 1, estimatedBytes })
  assert.deepEqual(told(estimatesOff, { dumps: [off(1, GIB / 4), off(2, GIB / 4), off(3, GIB / 4)] }), ['note estimate-off a /d'])
  assert.deepEqual(told(estimatesOff, { dumps: [off(1, 4 * GIB), off(2, 4 * GIB), off(3, 4 * GIB)] }), ['note estimate-off a /d'])
  assert.deepEqual(told(estimatesOff, { dumps: [off(1, GIB / 4), off(2, 4 * GIB), off(3, GIB / 4)] }), [])
  assert.deepEqual(told(estimatesOff, { dumps: [off(1, GIB), off(2, GIB / 4), off(3, GIB / 4)] }), [])
  const small = [1, 2, 3].map((day) => dump(day, { level: 1, estimatedBytes: 1000, storedBytes: 100_000 }))
  assert.deepEqual(told(estimatesOff, { dumps: small }), [], 'nobody notices a few kilobytes')
})

test('a full that is larger than the holding disks is told, as an error when it must be held', () => {
  assert.deepEqual(told(holdingSmall, { holdingBytes: GIB - 1 }), ['warning holding-small a /d'])
  assert.deepEqual(told(holdingSmall, { holdingBytes: GIB }), [])
  assert.deepEqual(told(holdingSmall, { holdingBytes: 0, yaml: WELL.replace('[/d]', '[{disk: /d, holding: required}]') }), ['error holding-small a /d'])
  assert.deepEqual(told(holdingSmall, { holdingBytes: 0, yaml: WELL.replace('[/d]', '[{disk: /d, holding: never}]') }), [])
})

test('retention that does not cover a cycle, and slots that do not cover the retention', () => {
  const keep = (words: string): Changes => ({ yaml: WELL.replace('slots: 30', `slots: 30, keep: {${words}}`) })
  assert.deepEqual(told(retentionShort, keep('days: 3, fulls: 1')), ['warning keep-under-cycle'])
  assert.deepEqual(told(retentionShort, keep('days: 7, fulls: 1')), [])
  assert.deepEqual(told(retentionShort, keep('days: 0, fulls: 2')), [])
  const slots = (count: number, more = ''): Changes => ({ yaml: `${WELL.replace('slots: 30', `slots: ${count}${more}`)}` })
  assert.deepEqual(told(slotsFew, slots(15)), [], '14 nights are kept and one volume is written')
  assert.deepEqual(told(slotsFew, slots(14)), ['warning slots-few'])
  assert.deepEqual(told(slotsFew, { ...slots(20, ', volume-size: 512 MiB') }), ['warning slots-few'], 'a run takes two volumes')
  assert.deepEqual(told(slotsFew, { yaml: slots(14).yaml?.replace('30 1 * * *', '30 1 * * 0') ?? '' }), [], 'runs once a week')
  assert.deepEqual(told(slotsFew, { yaml: 'storage: {directory: /v, slots: 14}\nhosts: {a: [/d]}\n' }), ['warning slots-few'], 'by hand as often as runs-per-cycle says')
})

test('runs that start by hand only are told', () => {
  assert.deepEqual(told(scheduleMissing, { yaml: 'storage: {directory: /v}\nhosts: {a: [/d]}\n' }), ['warning schedule-missing'])
})

test('agents that are away for days, of another version, not enrolled, or with keys that wait or are old', () => {
  const agent = (more: Partial<AgentFacts>): Changes => ({ agents: [{ host: 'a', ...more }] })
  assert.deepEqual(told(agentsAway, { agents: [] }), ['error agent-unknown a'])
  assert.deepEqual(told(agentsAway, agent({ lastSeenMs: NOW_MS - 3 * DAY_MS })), [])
  assert.deepEqual(told(agentsAway, agent({ lastSeenMs: NOW_MS - 5 * DAY_MS })), ['warning agent-not-seen a'])
  assert.deepEqual(told(agentsAway, agent({ isConnected: true, lastSeenMs: NOW_MS - 5 * DAY_MS })), [])
  assert.deepEqual(told(agentsAway, agent({})), ['warning agent-not-seen a'])
  assert.deepEqual(told(agentsAway, agent({ isConnected: true, version: '0.9.0' })), ['warning agent-version-other a'])
  assert.deepEqual(told(agentsAway, agent({ isConnected: true, renewalAskedMs: NOW_MS - 8 * DAY_MS })), ['warning key-renewal-waits a'])
  assert.deepEqual(told(agentsAway, agent({ isConnected: true, renewalAskedMs: NOW_MS - 6 * DAY_MS })), [])
  assert.deepEqual(told(agentsAway, agent({ isConnected: true, keySinceMs: NOW_MS - 800 * DAY_MS })), ['note key-old a'])
})

test('the volume that is written over next is named; that it holds the only full of a disk is an error', () => {
  const volume = { slot: 'slot3', label: 'V-3', kind: 'reused' as const }
  const old = dump(20)
  assert.deepEqual(told(volumesNext, { dumps: [dump(1), old], nextVolumes: [{ ...volume, dumps: [old] }] }), ['note volume-next'])
  assert.deepEqual(told(volumesNext, { dumps: [dump(1, { level: 1 }), old], nextVolumes: [{ ...volume, dumps: [old] }] }), ['note volume-next', 'error volume-only-full'])
  const incremental = dump(20, { level: 1 })
  assert.deepEqual(told(volumesNext, { dumps: [incremental], nextVolumes: [{ ...volume, dumps: [incremental] }] }), ['note volume-next'], 'an incremental is no full')
  assert.deepEqual(told(volumesNext, { nextVolumes: [{ ...volume, kind: 'new', dumps: [] }] }), [])
})

test('fulls that all fall due in one night are told with what would balance them; fulls that are spread are not', () => {
  const names = ['/1', '/2', '/3', '/4', '/5', '/6', '/7']
  const yaml = WELL.replace('[/d]', `[${names.join(', ')}]`)
  const crowd = names.map((disk) => dump(1, { disk }))
  const [finding] = fullsCrowded(facts({ yaml, dumps: crowd }))
  assert.deepEqual([finding?.severity, finding?.code], ['note', 'fulls-crowded'])
  assert.match(finding?.message ?? '', /^7 of 7 fulls \(7 GiB, 100 % of all\) are due in the night of \w{3} \d+ \w+; spread out, no night would carry more than 1 GiB$/)
  const moves = (finding?.details ?? []).filter((line) => line.includes('holdfast dump a /'))
  assert.equal(moves.length, 6, 'one stays, each other has a night of its own')
  assert.equal(new Set(moves.map((line) => line.split(':')[0])).size, 6)
  assert.deepEqual(told(fullsCrowded, { yaml, dumps: names.map((disk, index) => dump(index, { disk })) }), [])
  assert.deepEqual(told(fullsCrowded, { yaml, dumps: crowd.map((full, index) => ({ ...full, storedBytes: index === 0 ? 100 * GIB : GIB })) }), [], 'one disk is larger than all others together: nothing would balance that')
  const tight = yaml.replace('slots: 30', 'slots: 30, volume-size: 1 GiB, volumes-per-run: 2')
  assert.deepEqual(told(fullsCrowded, { yaml: tight, dumps: crowd }), ['warning fulls-crowded'], 'a run cannot write them all')
})
