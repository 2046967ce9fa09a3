// What became of a configuration, kept so that the next command need not load what reads YAML and checks it: that is most of what a command costs which
// only asks the server something. A file for each configuration below the cache directory of the machine (docs/formats/server-state.md). It is believed
// only if this user alone could write it, and if it has the very text that stands in the configuration now and names the very program that runs now:
// so it is never stale, and a configuration with an error is always read anew. Nothing depends on it: whatever is wrong with it, the text is parsed.

import { lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { deepFreeze } from '../config/deep-freeze.ts'
import { readFile, type FileStat } from '../kernel/disk.ts'
import type { CliContext } from './context.ts'
import { placesOf } from './machine.ts'

/** A configuration of 4 MiB, what became of it, and room. */
const FILE_BYTES_MAX = 64 * 1024 * 1024
/** No file system takes longer names (NAME_MAX). */
const NAME_BYTES_MAX = 255
/** With the number of a process, of which Linux has no more. */
const TEMPORARY_SUFFIX_MAX = '.4194304.new'
/** Who writes such a file is done in less. */
const HALF_WRITTEN_MS = 60_000

/** All that decides what becomes of a configuration, besides the program. */
export interface ConfigQuestion {
  readonly what: 'server' | 'agent'
  /** As it is named in messages. */
  readonly file: string
  readonly text: string
  /** Used where the text names none. */
  readonly directories: object
}

/** Of the files that make a configuration of a text: a program that was installed or edited anew has others. The versions of the packages they use are pinned by ours. */
function programStamp(): string {
  const directory = path.join(import.meta.dirname, '..', 'config')
  const stamps = readdirSync(directory).toSorted().map((name) => {
    const { ino, size, ctimeNs } = lstatSync(path.join(directory, name), { bigint: true })
    return `${name} ${ino} ${size} ${ctimeNs}`
  })
  // What a time zone is, Node knows.
  return [process.version, directory, ...stamps].join('\n')
}

/** Whether JSON gives all of it back; keys whose value is undefined it leaves out, which is the same to whoever reads a configuration. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object' || value === null) return typeof value === 'string' || typeof value === 'boolean' || value === null
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every((each) => each === undefined || isPlain(each))
}

function isOurs(stat: FileStat | undefined, kind: FileStat['kind']): boolean {
  const user = process.getuid?.()
  return stat !== undefined && stat.kind === kind && user !== undefined && stat.ownerId === user && (stat.mode & 0o077) === 0
}

/** Name of the file for the configuration at `file`; it can be read back (`sweep`). */
function nameOf({ what, file }: ConfigQuestion): string {
  return `${what}-${encodeURIComponent(path.resolve(file))}.json`
}

/** Removes what belongs to configurations that are gone, and what was never finished. */
async function sweep({ disk, clock }: CliContext, directory: string): Promise<void> {
  for (const { name } of await disk.list(directory)) {
    const file = /^(?:server|agent)-(.+)\.json$/.exec(name)?.[1]
    const isNeeded = file === undefined ? ((await disk.stat(`${directory}/${name}`))?.modifiedMs ?? 0) > clock.wallMs() - HALF_WRITTEN_MS : (await disk.stat(decodeURIComponent(file))) !== undefined
    if (!isNeeded) await disk.remove(`${directory}/${name}`)
  }
}

async function recall({ disk }: CliContext, directory: string, file: string, key: string): Promise<unknown> {
  if (!isOurs(await disk.stat(directory), 'directory') || !isOurs(await disk.stat(file), 'file')) return undefined
  const kept = JSON.parse((await readFile(disk, file, FILE_BYTES_MAX)).toString('utf8')) as { readonly key?: unknown; readonly outcome?: unknown }
  return kept.key === key ? kept.outcome : undefined
}

async function keep(context: CliContext, directory: string, file: string, kept: object): Promise<void> {
  const { disk } = context
  await disk.makeDir(directory)
  if (!isOurs(await disk.stat(directory), 'directory')) return
  await sweep(context, directory)
  // Not synced: what a crash leaves half written is no JSON, and counts as nothing.
  const temporary = `${file}.${process.pid}.new`
  await disk.remove(temporary)
  {
    await using output = await disk.open(temporary, 'create-new', 0o600)
    await output.write([Buffer.from(JSON.stringify(kept))], 0)
  }
  await disk.rename(temporary, file)
}

/** Where the outcome is kept, and what it answers; undefined where it cannot be kept. */
function placeOf(context: CliContext, question: ConfigQuestion): { readonly directory: string; readonly file: string; readonly key: string } | undefined {
  try {
    const directory = `${placesOf(context.machine).server.cache}/config`
    const name = nameOf(question)
    return name.length + TEMPORARY_SUFFIX_MAX.length > NAME_BYTES_MAX ? undefined : { directory, file: `${directory}/${name}`, key: JSON.stringify([programStamp(), question]) }
  } catch {
    return undefined
  }
}

/** What `parse` makes of the question: from the cache if it is there, else by asking it. Only good outcomes are kept. Rejects as `parse` does, and never else. */
export async function throughConfigCache<Outcome extends { readonly kind: string }>(context: CliContext, question: ConfigQuestion, parse: () => Promise<Outcome>): Promise<Outcome> {
  const place = placeOf(context, question)
  if (place === undefined) return await parse()
  const kept = await recall(context, place.directory, place.file, place.key).catch(() => undefined)
  if (kept !== undefined) return deepFreeze(kept as Outcome)
  const outcome = await parse()
  if (outcome.kind === 'config' && isPlain(outcome)) await keep(context, place.directory, place.file, { key: place.key, outcome }).catch(() => undefined)
  return outcome
}
