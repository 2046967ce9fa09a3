// What this machine brings to being a server: directories, programs, memory, open files, clock, Node. Made by `holdfast doctor host`
// where it runs; `holdfast check` makes those a run needs, in the server.

import type { ResolvedConfig } from '../../../config/resolved.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { faultOf } from '../../../kernel/fault.ts'
import { resourceFindings } from '../../../kernel/machine/resources.ts'
import type { ProcessRunner } from '../../../kernel/processes.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { serverDirectories } from './directories.ts'
import { keepaliveFindings } from './keepalive.ts'
import { programFindings } from './programs.ts'

/** What checks of a machine look with. */
export interface MachineParts {
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly clock: Clock
}

export interface HostParts extends MachineParts {
  readonly config: ResolvedConfig
  /** `v26.1.0`. */
  readonly nodeVersion: string
}

/** What `scripts/launch.cjs` looks for: the catalog needs the SQLite that later versions bring. */
const NODE_MAJOR_MIN = 24

export function nodeFindings(version: string): readonly CheckFinding[] {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1])
  return major >= NODE_MAJOR_MIN ? [] : [{ severity: 'error', code: 'node-old', message: `Node ${version} is older than ${NODE_MAJOR_MIN}`, next: 'Start Holdfast by its own `holdfast`, which finds the Node it brings along, or install a newer one.' }]
}

/** What a run needs of this machine. Never rejects. */
export async function checkServerHost(parts: Omit<HostParts, 'nodeVersion'>, signal: AbortSignal): Promise<CheckFinding[]> {
  const found = await Promise.all([serverDirectories(parts.disk, parts.config), programFindings(parts.disk, parts.config), resourceFindings(parts, signal)].map(safely))
  return found.flat()
}

export async function checkWholeHost(parts: HostParts, signal: AbortSignal): Promise<CheckFinding[]> {
  const found = await Promise.all([checkServerHost(parts, signal), keepaliveFindings(parts.disk)].map(safely))
  return [...nodeFindings(parts.nodeVersion), ...found.flat()]
}

/** A check that fails itself is a finding too. */
export async function safely(work: Promise<readonly CheckFinding[]>): Promise<readonly CheckFinding[]> {
  try {
    return await work
  } catch (error) {
    const { code, message, next } = faultOf(error)
    return [{ severity: 'error', code, message, next }]
  }
}
