// Whether two trees are the same, by programs that have nothing to do with us: rsync (kinds, contents, modes, owners, times, links, hard links, devices, ACLs,
// extended attributes), bsdtar's mtree (nanoseconds, sums, link counts), GNU tar's own sparse maps (holes), find (paths over 4096 bytes).

import { existsSync } from 'node:fs'
import path from 'node:path'
import { command, runCommand } from './commands.ts'
import { listDeepTree } from './deep-tree.ts'

export const VERDICT_PROGRAMS = ['rsync', 'bsdtar', 'tar', 'find', 'sha256sum', 'getfattr', 'diff']

export interface VerdictWishes {
  /** Relative paths that are not compared: sockets. */
  readonly without?: readonly string[]
  /** Relative paths of files with holes: their maps are compared, and their contents with these and no other program. */
  readonly sparse?: readonly string[]
  /** Relative path of a tree with paths over 4096 bytes. */
  readonly deep?: string
  /** The restore was made by a program that cannot go below 4096 bytes: `deep` is not compared at all. */
  readonly isDeepExcepted?: boolean
  /** Of another file system: its mount point is compared, nothing below it. */
  readonly mounts?: readonly string[]
  /** The restore was by one that is not root, or to a file system without them. */
  readonly hasAttributes?: boolean
}

const LINES_MAX = 40

async function byRsync(a: string, b: string, wishes: VerdictWishes): Promise<string[]> {
  const attributes = wishes.hasAttributes === false ? [] : ['--acls', '--xattrs']
  const excludes = [...(wishes.without ?? []), ...(wishes.sparse ?? []), ...(wishes.deep === undefined ? [] : [wishes.deep]), ...(wishes.mounts ?? []).map((mount) => `${mount}/*`)].map((name) => `--exclude=/${name}`)
  const result = await runCommand(['rsync', '--archive', '--hard-links', ...attributes, '--numeric-ids', '--checksum', '--modify-window=-1', '--dry-run', '--itemize-changes', '--delete', '--one-file-system', ...excludes, `${a}/`, `${b}/`], { timeoutMs: 600_000 })
  if (result.status !== 0) return [`rsync ended with ${result.status}: ${result.stderr.slice(0, 500)}`]
  return result.stdout.split('\n').filter((line) => line !== '').map((line) => `rsync ${line}`)
}

/** Lines of mtree, sorted: `bsdtar` tells entries in the order of the directory. */
async function mtree(root: string, wishes: VerdictWishes): Promise<Map<string, string>> {
  const excludes = [...(wishes.without ?? []), ...(wishes.sparse ?? []), ...(wishes.deep === undefined ? [] : [wishes.deep]), ...(wishes.mounts ?? []).map((mount) => `${mount}/*`)].map((name) => `--exclude=^./${name.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}`)
  const result = await runCommand(['bsdtar', '-cf', '-', '--numeric-owner', '--one-file-system', '--format=mtree', '--options=mtree:!all,mtree:type,mtree:mode,mtree:uid,mtree:gid,mtree:size,mtree:time,mtree:link,mtree:device,mtree:sha256', ...excludes, '.'], { workingDir: root, timeoutMs: 600_000 })
  const entries = new Map<string, string>()
  // A long line goes on behind a backslash.
  for (const line of result.stdout.replaceAll(/ *\\\n */g, ' ').split('\n')) {
    const blank = line.indexOf(' ')
    if (blank > 0 && !line.startsWith('#')) entries.set(line.slice(0, blank), line.slice(blank + 1))
  }
  return entries
}

async function byMtree(a: string, b: string, wishes: VerdictWishes): Promise<string[]> {
  const [left, right] = await Promise.all([mtree(a, wishes), mtree(b, wishes)])
  const found: string[] = []
  if (left.size === 0) return ['bsdtar told nothing']
  for (const [name, facts] of left) if (right.get(name) !== facts) found.push(`mtree ${name}: ${facts} became ${right.get(name) ?? 'nothing'}`)
  for (const name of right.keys()) if (!left.has(name)) found.push(`mtree ${name}: should not be there`)
  return found
}

/** The archive that GNU tar makes of one file holds its map of holes, its contents and all else but its names. */
async function sparseSum(root: string, name: string): Promise<string> {
  return await command(['sh', '-c', 'tar --create --sparse --format=gnu --numeric-owner --hard-dereference --transform=s,.*,x, --directory="$1" --file=- -- "$2" | sha256sum', 'sh', root, name], { timeoutMs: 300_000 })
}

async function byHoles(a: string, b: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of names) {
    if (!existsSync(path.join(a, name))) continue
    if (!existsSync(path.join(b, name))) found.push(`holes ${name}: missing`)
    else if ((await sparseSum(a, name)) !== (await sparseSum(b, name))) found.push(`holes ${name}: map or content differs (blocks ${(await command(['stat', '--format=%b %s', path.join(a, name)])).trim()} and ${(await command(['stat', '--format=%b %s', path.join(b, name)])).trim()})`)
  }
  return found
}

async function byFind(a: string, b: string, wishes: VerdictWishes): Promise<string[]> {
  const { deep } = wishes
  if (deep === undefined || wishes.isDeepExcepted === true || !existsSync(path.join(a, deep))) return []
  if (!existsSync(path.join(b, deep))) return [`find ${deep}: missing`]
  const [left, right] = await Promise.all([listDeepTree(path.join(a, deep)), listDeepTree(path.join(b, deep))])
  const [linesA, linesB] = [left.split('\n'), right.split('\n')]
  const [setA, setB] = [new Set(linesA), new Set(linesB)]
  return [...linesA.filter((line) => !setB.has(line)).map((line) => `find - …${line.slice(-160)}`), ...linesB.filter((line) => !setA.has(line)).map((line) => `find + …${line.slice(-160)}`)]
}

/** What tree `b` lacks of being tree `a`, a line each; nothing: they are the same. */
export async function differencesOf(a: string, b: string, wishes: VerdictWishes = {}): Promise<string[]> {
  const found = [await byRsync(a, b, wishes), await byMtree(a, b, wishes), await byHoles(a, b, wishes.sparse ?? []), await byFind(a, b, wishes)].flat()
  return found.length > LINES_MAX ? [...found.slice(0, LINES_MAX), `and ${found.length - LINES_MAX} more`] : found
}
