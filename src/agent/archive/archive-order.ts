// What a request asks of our archiver, as the settings of a dump. Properties (of the dumptype or of the application): docs/configuration.md.

import { DEFAULT_EXCLUDES, excludesFor } from '../../config/default-excludes.ts'
import { readFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { parsePatternList } from '../../archive/patterns/pattern-set.ts'
import type { ArchiveSettings } from '../../archive/settings.ts'
import type { DiskJob } from '../application.ts'
import { includedMembers, isPropertySet, listPath } from '../gnutar/tar-arguments.ts'

const LIST_BYTES_MAX = 1024 * 1024
/** Of /etc/passwd and /etc/group. */
const NAMES_BYTES_MAX = 8 * 1024 * 1024

/** A string of bytes of a text. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

async function textOf(disk: Disk, path: string): Promise<string> {
  try {
    return (await readFile(disk, path, NAMES_BYTES_MAX)).toString('latin1')
  } catch (error) {
    // A machine without the file has numbers alone.
    if (systemErrorCode(error) === 'ENOENT' || error instanceof Fault) return ''
    throw error
  }
}

async function excludesOf(job: DiskJob, disk: Disk): Promise<string[]> {
  const patterns = [...(isPropertySet(job.properties, 'default-excludes', true) ? excludesFor(job.device, DEFAULT_EXCLUDES) : []), ...job.exclude.files].map(bytesOf)
  for (const list of job.exclude.lists) {
    const path = listPath(job, list)
    if ((await disk.stat(path)) !== undefined) patterns.push(...parsePatternList((await readFile(disk, path, LIST_BYTES_MAX)).toString('latin1')))
    else if (!job.exclude.isOptional) throw new Fault('file-missing', `the exclude list ${path} does not exist`)
  }
  return patterns
}

async function includesOf(job: DiskJob, disk: Disk): Promise<string[] | undefined> {
  const readLines = async (path: string): Promise<string[]> => (await readFile(disk, path, LIST_BYTES_MAX)).toString('utf8').split('\n').filter((line) => line !== '')
  const members = await includedMembers(job, disk, readLines)
  const paths = members.map((member) => bytesOf(member.replace(/^\.\/?/, '').replace(/\/+$/, '')))
  return paths.includes('') ? undefined : paths
}

/** Paths below the top of the mount points that may be entered. */
function crossedPaths(job: DiskJob): string[] {
  const top = job.device.replace(/\/+$/, '')
  return (job.properties.get('cross') ?? []).flatMap((path) => {
    const below = path.startsWith('/') ? (path.startsWith(`${top}/`) ? path.slice(top.length) : undefined) : path
    return below === undefined ? [] : [bytesOf(below.split('/').filter((part) => part !== '' && part !== '.').join('/'))]
  })
}

function isCacheSkipped(job: DiskJob): boolean {
  const value = job.properties.get('cache-dirs')?.at(-1)?.toLowerCase() ?? 'keep'
  if (value !== 'keep' && value !== 'skip') throw new Fault('config-invalid', `${job.disk}: the property cache-dirs is ${JSON.stringify(value)}, and can be keep or skip`)
  return value === 'skip'
}

/** What a dump of `job` is; its base and level come from the snapshots. Rejects with `file-missing` for lists that must be there and are not. */
export async function archiveSettings(job: DiskJob, disk: Disk, startedMs: number): Promise<ArchiveSettings> {
  const { properties } = job
  return {
    top: bytesOf(job.device),
    level: 0,
    isEstimate: false,
    index: !job.index ? 'none' : job.indexAttributes ? 'attributes' : 'names',
    isOneFileSystem: isPropertySet(properties, 'one-file-system', true),
    crossed: crossedPaths(job),
    isCacheSkipped: isCacheSkipped(job),
    isNodumpHonoured: isPropertySet(properties, 'nodump', false),
    hasSparse: isPropertySet(properties, 'sparse', true),
    hasXattrs: isPropertySet(properties, 'xattrs', true),
    hasAcls: isPropertySet(properties, 'acls', true),
    excludes: await excludesOf(job, disk),
    includes: await includesOf(job, disk),
    startedSeconds: Math.floor(startedMs / 1000),
    basePath: undefined,
    hasSnapshot: false,
    passwd: await textOf(disk, '/etc/passwd'),
    group: await textOf(disk, '/etc/group'),
  }
}
