// The command line of GNU tar for a dump or an estimate. Every value from a request stands behind `--option=` or in a list of names, so
// that none is taken for an option. The archive is POSIX pax, which keeps nanoseconds, long names and attributes.

import { DEFAULT_EXCLUDES, excludesFor } from '../../config/default-excludes.ts'
import type { Disk } from '../../kernel/disk.ts'
import { parentOf } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { DiskJob } from '../application.ts'

/** What this tar can do; probed once. */
export interface TarAbilities {
  readonly version: string
  readonly extendedAttributes: boolean
}

/** The kernel takes 128 KiB for one argument and 2 MiB for all. */
const PATTERN_BYTES_MAX = 512 * 1024

/** Whether a property says yes; `fallback` when it is not set. */
export function isPropertySet(properties: ReadonlyMap<string, readonly string[]>, name: string, fallback: boolean): boolean {
  const value = properties.get(name)?.at(-1)?.toLowerCase()
  if (value === undefined) return fallback
  return value === 'yes' || value === 'true' || value === '1' || value === 'on'
}

/** A list's path on the client: relative ones lie in the disk's directory. */
export function listPath(job: DiskJob, list: string): string {
  return list.startsWith('/') ? list : `${job.device}/${list}`
}

interface MissingList {
  readonly path: string
  readonly what: 'exclude' | 'include'
  readonly isOptional: boolean
}

/** Lists of the disk that are not there. */
export async function missingLists(job: DiskJob, disk: Disk): Promise<MissingList[]> {
  const missing: MissingList[] = []
  for (const what of ['exclude', 'include'] as const) {
    const { lists, isOptional } = job[what]
    for (const list of lists) {
      const path = listPath(job, list)
      if ((await disk.stat(path)) === undefined) missing.push({ path, what, isOptional })
    }
  }
  return missing
}

async function excludeArguments(job: DiskJob, disk: Disk): Promise<string[]> {
  const defaults = isPropertySet(job.properties, 'default-excludes', true) ? excludesFor(job.device, DEFAULT_EXCLUDES) : []
  const patterns = [...defaults, ...job.exclude.files].map((pattern) => `--exclude=${pattern}`)
  const lists: string[] = []
  for (const list of job.exclude.lists) {
    const path = listPath(job, list)
    if ((await disk.stat(path)) !== undefined) lists.push(`--exclude-from=${path}`)
    else if (!job.exclude.isOptional) throw new Fault('file-missing', `the exclude list ${path} does not exist`)
  }
  const all = [...patterns, ...lists]
  if (all.reduce((bytes, argument) => bytes + Buffer.byteLength(argument), 0) > PATTERN_BYTES_MAX) throw new Fault('wire-malformed', 'the exclude patterns are too long; put them into an exclude list on the client')
  return all
}

/** One component of a name against `*`, `?` and `[…]`. */
function componentPattern(pattern: string): RegExp {
  const source = pattern.replace(/\[[^\]/]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length > 1) return `[${part.slice(1, -1).replace(/^!/, '^').replace(/[\\[\]]/g, '\\$&')}]`
    return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 's')
}

/** The members an include pattern (`./name`, wildcards in its last component) stands for. */
async function expandInclude(job: DiskJob, disk: Disk, pattern: string): Promise<string[]> {
  if (!pattern.startsWith('./') || pattern.split('/').includes('..')) throw new Fault('wire-malformed', `include ${JSON.stringify(pattern)} does not begin with ./ or leaves the disk`)
  const parent = parentOf(pattern)
  const last = pattern.slice(parent.length + 1)
  if (/[*?[]/.test(parent)) throw new Fault('wire-malformed', `include ${JSON.stringify(pattern)}: wildcards may only stand in the last component`)
  if (!/[*?[]/.test(last)) return (await disk.stat(`${job.device}/${pattern}`)) === undefined ? [] : [pattern]
  if ((await disk.stat(`${job.device}/${parent}`))?.kind !== 'directory') return []
  const expression = componentPattern(last)
  return (await disk.list(`${job.device}/${parent}`)).filter((entry) => expression.test(entry.name) && (last.startsWith('.') || !entry.name.startsWith('.'))).map((entry) => `${parent}/${entry.name}`)
}

/** What is dumped: everything (`.`), or what the include patterns and lists name (`./…`). */
export async function includedMembers(job: DiskJob, disk: Disk, readLines: (path: string) => Promise<string[]>): Promise<string[]> {
  const patterns = [...job.include.files]
  for (const list of job.include.lists) {
    const path = listPath(job, list)
    if ((await disk.stat(path)) !== undefined) patterns.push(...(await readLines(path)))
    else if (!job.include.isOptional) throw new Fault('file-missing', `the include list ${path} does not exist`)
  }
  if (patterns.length === 0 && job.include.lists.length === 0) return ['.']
  const members: string[] = []
  for (const pattern of patterns) members.push(...(await expandInclude(job, disk, pattern)))
  if (members.length === 0) throw new Fault('file-missing', `no file of ${job.disk} matches what is to be included`)
  if (members.reduce((bytes, member) => bytes + Buffer.byteLength(member), 0) > PATTERN_BYTES_MAX) throw new Fault('wire-malformed', 'what is to be included names too many files; include their directories')
  return members
}

export interface TarInvocation {
  readonly tar: string
  readonly abilities: TarAbilities
  readonly snapshotPath: string
  /** An estimate writes nowhere: tar then does not read the files. */
  readonly isEstimate: boolean
  /** Lines of a small text file of the client. */
  readonly readLines: (path: string) => Promise<string[]>
}

/**
 * Properties: `one-file-system`, `sparse`, `xattrs`, `acls`, `check-device`, `atime-preserve` (off), `default-excludes`; all others on
 * unless said otherwise. Rejects with `file-missing` for a list that is not there.
 */
export async function tarArguments(job: DiskJob, disk: Disk, invocation: TarInvocation): Promise<[string, ...string[]]> {
  const { properties } = job
  const { abilities } = invocation
  const flag = (name: string, argument: string, fallback = true): string[] => (isPropertySet(properties, name, fallback) ? [argument] : [])
  return [
    invocation.tar,
    '--create',
    `--file=${invocation.isEstimate ? '/dev/null' : '-'}`,
    // Records of 32 KiB, the block of a volume: by default tar writes its output in pieces of 10 KiB.
    '--blocking-factor=64',
    '--format=posix',
    // Times of access and change come back from no restore and cost a kilobyte a file; the process number would make equal dumps differ.
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '--numeric-owner',
    `--directory=${job.device}`,
    ...flag('one-file-system', '--one-file-system'),
    ...(isPropertySet(properties, 'check-device', true) ? [] : ['--no-check-device']),
    `--listed-incremental=${invocation.snapshotPath}`,
    ...flag('sparse', '--sparse'),
    ...(abilities.extendedAttributes ? [...flag('xattrs', '--xattrs'), ...flag('acls', '--acls')] : []),
    ...flag('atime-preserve', '--atime-preserve=system', false),
    '--ignore-failed-read',
    '--totals',
    ...(await excludeArguments(job, disk)),
    '--',
    ...(await includedMembers(job, disk, invocation.readLines)),
  ]
}
