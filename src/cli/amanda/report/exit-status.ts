// The exit code of amreport, which amdump and amflush end with as well: bits for what went wrong.

import { LOG_PROGRAMS, type DiskFacts, type DumpFacts, type LogFacts } from './log-facts.ts'

const ERROR = 1
const STRANGE = 2
const FAILED = 4
const MISSING = 8
const TAPE = 16

/** Whether planner announced the disk and the log says no more of it. */
export function isMissing(disk: DiskFacts, { datestamp }: LogFacts): boolean {
  if (disk.announcedBy !== 'planner' || disk.isSkipped) return false
  return disk.plannerFailure === undefined && disk.driverFailure === undefined && !disk.dumps.some((dump) => dump.datestamp === datestamp)
}

/** The last word of each program on a dump. */
export function lastWords({ tries }: DumpFacts) {
  return {
    dumper: tries.findLast(({ dumper }) => dumper !== undefined)?.dumper,
    chunker: tries.findLast(({ chunker }) => chunker !== undefined)?.chunker,
    taper: tries.findLast(({ taper }) => taper !== undefined)?.taper,
  }
}

/** What the last try of a dump says of it. A try that knows of a volume alone is a flush. */
function dumpStatus({ tries }: DumpFacts): number {
  const { dumper, chunker, taper } = tries.at(-1) ?? {}
  const isOnTape = taper?.status === 'done'
  if (dumper === undefined && chunker === undefined) return isOnTape || taper?.status === 'partial' ? 0 : FAILED
  if (dumper === undefined || dumper.status === 'fail') return FAILED
  const good = dumper.status === 'strange' ? STRANGE : 0
  if (chunker?.status === 'success') return taper === undefined || isOnTape ? good : good | TAPE
  return isOnTape ? good : FAILED
}

export function reportExitCode(facts: LogFacts): number {
  let status = facts.tapeError === undefined && !facts.hasTaperBroken ? 0 : TAPE
  if (LOG_PROGRAMS.some((name) => (facts.programs.get(name)?.fatal.length ?? 0) + (facts.programs.get(name)?.errors.length ?? 0) > 0)) status |= ERROR
  if (facts.hasUnplanned) status |= FAILED
  for (const disk of facts.disks) {
    if (isMissing(disk, facts)) status |= MISSING
    for (const dump of disk.dumps) status |= dumpStatus(dump)
  }
  return status
}
