import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Life, Scheduler } from '../../../sim/scheduler.ts'
import type { DiskListEntry, ResolvedConfig } from '../../config/resolved.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import type { Disk } from '../../kernel/disk.ts'
import { programsOf } from '../../../testkit/program-answers.ts'
import type { HoldingArea } from '../../storage/holding/contract.ts'
import type { IncomingRequest } from '../../transport/contract.ts'
import { createMemoryTransport } from '../../transport/memory-transport.ts'
import { formatSelfcheckJson, type SelfcheckFinding } from '../../wire/amanda/selfcheck-reply.ts'
import type { CheckFinding } from '../control/contract.ts'
import { check, type CheckDoors } from './check.ts'

const GIB = 2 ** 30

function entry(host: string, holding: DiskListEntry['holding'] = 'auto'): DiskListEntry {
  return {
    host, disk: '/d', device: '/d', dumptype: 'd', application: { name: 'gnutar', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' }, excludeFiles: [], excludeLists: [],
    includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 1, holding, index: true, record: true,
    estimate: 'client', partBytes: undefined,
  }
}

interface World {
  readonly disks?: readonly DiskListEntry[]
  readonly skewMs?: number
  readonly said?: readonly SelfcheckFinding[]
  readonly keys?: readonly string[]
  readonly freeBytes?: number
  readonly holdingBytes?: number
  readonly volumes?: number
  readonly dumps?: readonly DumpRecord[]
}

/** A disk on which every directory is there. */
function diskOf(world: World): Disk {
  return {
    space: async () => ({ totalBytes: GIB, freeBytes: world.freeBytes ?? GIB }),
    stat: async () => ({ kind: 'directory', bytes: 0, modifiedMs: 0, mode: 0o700 }),
    open: async (file: string) => {
      throw new Error(`there is no ${file}`)
    },
  } as unknown as Disk
}

/** The findings, without those that are only good news unless `isWhole`. */
async function found(world: World, isWhole = false): Promise<CheckFinding[]> {
  const { clock } = new Life(new Scheduler(1), 'server')
  const agent = async (request: IncomingRequest): Promise<void> => {
    request.rep(formatSelfcheckJson({ version: '1', distro: 'd', platform: 'p', hostname: 'a', wallMs: clock.wallMs() + (world.skewMs ?? 0) }, world.said ?? []))
  }
  const doors: CheckDoors = {
    config: { name: 'test', disklist: world.disks ?? [entry('a')], directories: { state: '/s', log: '/l', cache: '/c', run: '/r' }, dumpCycleDays: 7, runsPerCycle: 7, schedule: {}, verifyWithinMs: 1000, holdingDisks: [], limits: { connectTimeoutMs: 1000 }, storage: { name: 'st', directory: '/v', volumesPerRun: 2, partBytes: 1, volumeBytes: GIB, slotCount: 30, retainVolumes: 1, retainDays: 14, retainFulls: 2 } } as unknown as ResolvedConfig,
    clock,
    disk: diskOf(world),
    processes: programsOf({}),
    catalog: { dumps: async () => [...(world.dumps ?? [])], runs: async () => [] },
    version: '1',
    transport: createMemoryTransport(new Map([['a', agent]])),
    holding: { freeBytes: async () => world.holdingBytes ?? GIB } as HoldingArea,
    agents: { list: () => [{ host: 'a', isConnected: true, keyFingerprints: world.keys ?? ['sha256:x'] }] } as unknown as CheckDoors['agents'],
    forecast: async (count) => Array.from({ length: Math.min(count, world.volumes ?? 2) }, (_none, index) => ({ slot: `slot${index}`, label: `T-${index}`, kind: 'new' as const })),
  }
  const findings = await check(doors, () => true, new AbortController().signal)
  for (const { severity, message, next } of findings) {
    assert.ok(message.length > 0)
    if (severity === 'warning' || severity === 'error') assert.ok(next.length >= 10, `${message} does not say what to do`)
  }
  return isWhole ? findings : findings.filter(({ severity }) => severity === 'warning' || severity === 'error')
}

const codes = (findings: readonly CheckFinding[]): string[] => findings.map(({ severity, code }) => `${severity} ${code}`)

test('when all is well everything is said to be ready', async () => {
  assert.deepEqual(codes(await found({}, true)), ['ok holding-ready', 'ok volume-ready', 'ok agent-ready'])
})

test('a clock that is more than a minute off is a warning, in either direction', async () => {
  assert.deepEqual(codes(await found({ skewMs: 59_000 })), [])
  const [ahead] = await found({ skewMs: 3_600_000 })
  assert.match(ahead?.message ?? '', /clock of a is 1 h ahead of/)
  const [behind] = await found({ skewMs: -120_000 })
  assert.match(behind?.message ?? '', /2 min behind/)
  assert.deepEqual([ahead?.severity, ahead?.code], ['warning', 'clock-skew'])
})

test('what the agent complains of, unknown hosts, revoked keys, hosts that cannot be reached and empty lists are told', async () => {
  assert.deepEqual(codes(await found({ said: [{ severity: 'error', text: 'no such directory' }, { severity: 'warning', text: 'old tar' }, { severity: 'info', text: 'fine' }] })), ['error agent-selfcheck', 'warning agent-selfcheck'])
  assert.deepEqual(codes(await found({ disks: [entry('b')] })), ['error agent-unknown'])
  assert.deepEqual(codes(await found({ keys: [] })), ['error key-revoked'])
  assert.deepEqual(codes(await found({ disks: [] })), ['warning disklist-empty'])
})

test('what the agent names by a code keeps it, and a note stays a note', async () => {
  const said: SelfcheckFinding[] = [{ severity: 'error', code: 'list-missing', disk: '/d', text: '/d: the exclude list /x does not exist' }, { severity: 'info', code: 'tar-limited', text: 'an old tar' }, { severity: 'info', text: 'fine' }]
  const findings = await found({ said }, true)
  assert.deepEqual(codes(findings.filter(({ host }) => host === 'a')), ['error list-missing', 'note tar-limited'])
  assert.equal(findings.find(({ code }) => code === 'list-missing')?.disk, '/d')
})

test('disks that fail run after run are told', async () => {
  const failed = ['20260103000000', '20260102000000', '20260101000000'].map((run) => ({ id: run, run, host: 'a', disk: '/d', level: 1, status: 'failed', faultCode: 'timed-out', message: 'too slow', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }) as unknown as DumpRecord)
  assert.deepEqual(codes(await found({ dumps: failed })), ['error disk-failing'])
  assert.deepEqual(codes(await found({ dumps: failed.slice(1) })), [])
})

test('space and volumes that are short are told', async () => {
  assert.deepEqual(new Set(codes(await found({ freeBytes: 0 }))), new Set(['error space-low']))
  assert.deepEqual(codes(await found({ holdingBytes: 0 })), ['warning holding-full'])
  assert.deepEqual(codes(await found({ holdingBytes: 0, disks: [entry('a', 'required')] })), ['error holding-full'])
  assert.deepEqual(codes(await found({ volumes: 1 })), ['warning volumes-few'])
  assert.deepEqual(codes(await found({ volumes: 0 })), ['error no-volume'])
})
