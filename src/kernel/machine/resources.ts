// Memory, open files and the clock of this machine. What a system does not tell is not complained of.

import { withTimeout, type Clock } from '../clock.ts'
import type { Disk } from '../disk.ts'
import type { ProcessRunner } from '../processes.ts'
import type { MachineFinding } from './finding.ts'
import { readProcFile } from './proc-file.ts'
import { firstLineOf } from './program-line.ts'

const MIB = 1024 * 1024
/** A process of ours takes about 100 MiB, GNU tar and filters as much again with millions of files. */
const MEMORY_BYTES_MIN = 200 * MIB
/** Sockets of agents, chunks, parts, the catalog and programs' pipes of a few dumps at once. */
const OPEN_FILES_MIN = 512
/** A program that says whether the clock is synchronised asks a daemon beside it. */
const CLOCK_ANSWER_MS = 5000

export function memoryFindings(meminfo: string | undefined): MachineFinding[] {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1]
  const bytes = Number(kib) * 1024
  if (kib === undefined || bytes >= MEMORY_BYTES_MIN) return []
  return [{ severity: 'warning', code: 'memory-short', message: `only ${Math.floor(bytes / MIB)} MiB of memory are available`, next: 'End what takes the memory (`ps aux --sort=-rss | head`), or add memory or swap: the kernel may kill a dump.' }]
}

export function openFilesFindings(limits: string | undefined): MachineFinding[] {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits ?? '')?.[1]
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= OPEN_FILES_MIN) return []
  return [{ severity: 'warning', code: 'open-files-low', message: `a process may open ${soft} files, and Holdfast may need ${OPEN_FILES_MIN}`, next: 'Raise the limit where Holdfast is started: `LimitNOFILE=65536` in its unit, or `ulimit -n 65536`.' }]
}

/** Whether the clock is kept by NTP: undefined when no program here can say. */
async function isClockSynchronised(processes: ProcessRunner, clock: Clock, signal: AbortSignal): Promise<boolean | undefined> {
  const ask = (argv: readonly [string, ...string[]], pattern: RegExp): Promise<string | undefined> =>
    withTimeout(clock, CLOCK_ANSWER_MS, argv[0], (inner) => firstLineOf(processes, argv, pattern, inner), signal).catch(() => undefined)
  const systemd = await ask(['timedatectl', 'show', '--property=NTPSynchronized', '--value'], /^(?:yes|no)$/)
  if (systemd !== undefined) return systemd === 'yes'
  const chrony = await ask(['chronyc', '-n', 'tracking'], /^Leap status/)
  return chrony === undefined ? undefined : !chrony.includes('Not synchronised')
}

export async function clockFindings(processes: ProcessRunner, clock: Clock, signal: AbortSignal): Promise<MachineFinding[]> {
  if ((await isClockSynchronised(processes, clock, signal)) !== false) return []
  return [{ severity: 'warning', code: 'clock-unsynchronised', message: 'the clock of this machine is not synchronised', next: 'Let NTP keep it (`timedatectl set-ntp true`): schedules, retention and tokens go by it.' }]
}

/** Memory, open files and clock of the machine this runs on. Never rejects. */
export async function resourceFindings(parts: { readonly disk: Disk; readonly processes: ProcessRunner; readonly clock: Clock }, signal: AbortSignal): Promise<MachineFinding[]> {
  const { disk, processes, clock } = parts
  const [meminfo, limits, clocks] = await Promise.all([readProcFile(disk, '/proc/meminfo'), readProcFile(disk, '/proc/self/limits'), clockFindings(processes, clock, signal)])
  return [...memoryFindings(meminfo), ...openFilesFindings(limits), ...clocks]
}
