// Gives wanted paths of a tree at a date back below a directory. Members are read from where they lie in their dumps and go through one extraction, whatever is
// there already. Where a dump tells too little of its members (names only), or all of a disk is wanted in a fresh directory, whole levels are restored (extract.ts);
// into a directory that is in use that happens beside it, or in it for a user who may write nowhere else, and the result is extracted like an archive.

import { extractTree } from '../../archive/extract/extract-tree.ts'
import type { ExtractCounts, ExtractOptions, ExtractProblem } from '../../archive/extract/contract.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import { parentOf } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import { stagingPath } from '../../stream/staging-journal.ts'
import type { RestoreTools } from '../extract.ts'
import { extractMembers, type MemberOptions, type MemberProgress } from './extract-members.ts'
import type { ExtractionPlan, ExtractionWish } from './extraction-plan.ts'

export interface WantedTools extends RestoreTools {
  /** Path of GNU tar, which packs what was restored beside a directory that is in use. */
  readonly tar: string
}

export interface WantedOptions {
  readonly target: string
  readonly existing: ExtractOptions['existing']
  readonly owners: ExtractOptions['owners']
  readonly isResumed: boolean
}

/** Of the members, or of the dumps where whole levels are read. */
type WantedProgress = MemberProgress

export interface WantedResult {
  readonly target: string
  readonly dumps: readonly DumpRecord[]
  readonly counts: ExtractCounts
  readonly problems: readonly ExtractProblem[]
  /** Bytes read of the holding disk and volumes; undefined where whole levels were read. */
  readonly bytesRead: number | undefined
  readonly missing: readonly string[]
}

/** Rejects with what reading dumps rejects with, and with what ends an extraction. */
export async function extractWanted(tools: WantedTools, chain: readonly DumpRecord[], wish: ExtractionWish, plan: ExtractionPlan, options: WantedOptions, onProgress: (progress: WantedProgress) => void, signal: AbortSignal): Promise<WantedResult> {
  const isFresh = await isFreshDirectory(tools, options.target)
  const isWholeDisk = wish.paths.includes('/') && wish.excludes.length === 0
  if (plan.needsLevels || (isWholeDisk && isFresh && !options.isResumed && options.owners === 'number')) return await extractLevels(tools, chain, wish, options, isFresh && options.owners === 'number', onProgress, signal)
  await tools.disk.makeDir(options.target, 0o755)
  const { counts, problems, bytesRead } = await extractMembers(tools, plan, extractOptions(options), onProgress, signal)
  return {
    target: options.target,
    dumps: plan.shares.map(({ dump }) => dump),
    counts: { ...counts, skipped: counts.skipped + plan.skippedCount },
    problems,
    bytesRead,
    missing: plan.missing,
  }
}

function extractOptions({ target, existing, owners, isResumed }: WantedOptions): MemberOptions {
  return { target, existing, owners, isResumed }
}

function strange(reason: string): ExtractProblem {
  return { path: '', reason, code: 'system', severity: 'strange' }
}

/** Missing, or an empty directory. */
async function isFreshDirectory({ disk }: RestoreTools, target: string): Promise<boolean> {
  const found = await disk.stat(target)
  if (found === undefined) return true
  return found.kind === 'directory' && (await disk.list(target)).length === 0
}

async function extractLevels(tools: WantedTools, chain: readonly DumpRecord[], wish: ExtractionWish, options: WantedOptions, isInPlace: boolean, onProgress: (progress: WantedProgress) => void, signal: AbortSignal): Promise<WantedResult> {
  // Rarely needed, and more than all else to load.
  const { restoreToDirectory } = await import('../extract.ts')
  const totalBytes = chain.reduce((sum, dump) => sum + dump.nativeBytes, 0)
  let doneBytes = 0
  const events: RestoreTools['events'] = (event) => {
    if (event.kind === 'progress') onProgress({ bytes: doneBytes + event.bytes, totalBytes, members: 0 })
    if (event.kind === 'dump-ended') doneBytes += event.bytes
  }
  // The restore of levels works with text. Other names are picked from all of the disk.
  const texts = wish.paths.map(textOf)
  const hasText = !texts.includes(undefined)
  const paths = hasText ? texts.filter((text) => text !== undefined) : ['/']
  const isBeside = await canWriteIn(tools, parentOf(options.target))
  if (isInPlace && isBeside && wish.excludes.length === 0 && hasText) {
    const restored = await restoreToDirectory({ ...tools, events }, chain, paths, options.target, signal)
    return { target: options.target, dumps: chain, counts: { restored: restored.members, skipped: 0, failed: 0, bytes: restored.bytes }, problems: restored.problems.map(strange), bytesRead: undefined, missing: restored.missingPaths }
  }
  await tools.disk.makeDir(options.target, 0o755)
  const staging = stagingPath(tools.random, isBeside ? parentOf(options.target) : options.target)
  const forget = await tools.journal?.note(staging).catch(() => undefined)
  try {
    await tools.disk.makeDir(staging, 0o700)
    const restored = await restoreToDirectory({ ...tools, events }, chain, paths, `${staging}/tree`, signal)
    const { counts, problems } = await placeTree(tools, `${staging}/tree`, wish, options, signal)
    return { target: options.target, dumps: chain, counts, problems: [...restored.problems.map(strange), ...problems], bytesRead: undefined, missing: restored.missingPaths }
  } finally {
    await run(tools, ['rm', '-rf', '--', staging])
    if ((await tools.disk.stat(staging).catch(() => undefined)) === undefined) await forget?.().catch(() => undefined)
  }
}

/** What the system says to a user who may not. */
const NOT_PERMITTED: readonly (string | undefined)[] = ['EACCES', 'EPERM', 'EROFS']

/** Whether something can be made in `directory`; for what is not permission, making it says why. */
async function canWriteIn(tools: RestoreTools, directory: string): Promise<boolean> {
  const probe = stagingPath(tools.random, directory)
  try {
    await tools.disk.makeDir(probe, 0o700)
    await tools.disk.removeDir(probe)
    return true
  } catch (error) {
    return !NOT_PERMITTED.includes(systemErrorCode(error))
  }
}

/** Puts what was restored in `tree` into the target, through an archive of it. */
async function placeTree(tools: WantedTools, tree: string, wish: ExtractionWish, options: WantedOptions, signal: AbortSignal): Promise<Pick<WantedResult, 'counts' | 'problems'>> {
  const select = (path: string): boolean => isWanted(`/${path}`, wish) && !isExcluded(`/${path}`, wish)
  return await extractTree(tools, tree, { ...extractOptions(options), select }, signal)
}

function isExcluded(path: string, wish: ExtractionWish): boolean {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (at === '') return false
    if (wish.excludes.some((matches) => matches(at))) return true
  }
}

/** A wanted path, what is below one, or a directory above. */
function isWanted(path: string, wish: ExtractionWish): boolean {
  return wish.paths.some((each) => each === path || isBelow(path, each) || (path !== '/' && isBelow(each, path)))
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' ? path !== '/' : path.startsWith(`${directory}/`)
}

/** Undefined for bytes that are no text. */
function textOf(path: string): string | undefined {
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

async function run({ processes }: RestoreTools, argv: [string, ...string[]]): Promise<void> {
  const running = await processes.start({ argv })
  await running.stdin.end()
  await running.exit
}
