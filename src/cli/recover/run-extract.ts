// `extract` of recovery: finds what is wanted, plans, and restores here, over the original places, or on an agent; or only says what it would do.

import path from 'node:path'
import type { DumpRecord, RunId } from '../../catalog/contract.ts'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { extractWanted } from '../../restore/recover/extract-wanted.ts'
import { planExtraction, type ExtractionPlan, type ExtractionWish } from '../../restore/recover/extraction-plan.ts'
import { wishGlob } from '../../restore/recover/glob.ts'
import { tellsDeletions } from '../../restore/recover/told-deletions.ts'
import { bytesOfIndexPath } from '../../restore/recover/tree-path.ts'
import { controlCall } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { ProgressLine } from '../progress.ts'
import { formatRun } from '../run-text.ts'
import { sweptJournal } from '../swept-journal.ts'
import { printable } from '../text-table.ts'
import { shellName } from './entry-text.ts'
import type { ExtractGoal, ExtractWishes } from './extract-words.ts'
import { extractExit, extractJson, extractText } from './extract-report.ts'
import { entriesOf, type PathWord } from './path-words.ts'
import type { Place } from './recover-source.ts'
import { fateOf, isLeftAlone, type ThereOptions } from './there.ts'
import type { Work } from './work.ts'

export interface ExtractFrom {
  readonly host: string
  readonly disk: string
  readonly notAfter: RunId | undefined
}

/** Returns the exit code. Rejects with `file-missing` when nothing of what is wanted is there. */
export async function runExtract(work: Work, from: ExtractFrom, words: readonly PathWord[], wishes: ExtractWishes): Promise<number> {
  const place = await work.source.placeAt(from.host, from.disk, from.notAfter)
  const { paths, missing } = await wantedPaths(place, words)
  if (wishes.goal.kind === 'agent' && !wishes.isDryRun) return await extractThere(work, from, place, paths, missing, wishes.goal)
  const target = wishes.goal.kind === 'original' ? originalPlace(work, from) : wishes.goal.kind === 'agent' ? undefined : path.resolve(wishes.goal.target)
  const there: ThereOptions = { disk: work.context.disk, target, existing: wishes.existing, isResumed: wishes.isResumed }
  const wish: ExtractionWish = {
    paths,
    excludes: wishes.excludes.map(wishGlob),
    isThere: (name, entry) => isLeftAlone(there, name, entry),
    ...(wishes.isDryRun && !work.isJson ? { onEntry: async (name, entry) => await work.printer.print(`${(await fateOf(there, name, entry)).padEnd(8)} ${shellName(name, entry.kind)}\n`) } : {}),
  }
  const plan = await planExtraction(place.tree, place.chain, { openOne: (dump) => work.source.openTree([dump]), tellsDeletions: (dump) => tellsDeletions(work.source.stores, dump) }, wish, work.signal)
  if (target === undefined || wishes.isDryRun) return await sayPlan(work, plan, target ?? `${wishes.goal.kind === 'agent' ? wishes.goal.host : ''}`, missing)
  return await extractHere(work, place, wish, plan, target, wishes, missing)
}

async function extractHere(work: Work, place: Place, wish: ExtractionWish, plan: ExtractionPlan, target: string, wishes: ExtractWishes, missing: readonly string[]): Promise<number> {
  const { context, source } = work
  const { streams } = context
  const journal = source.config === undefined ? undefined : await sweptJournal(context, source.config, (line) => streams.err(`${printable(line)}\n`))
  const progress = new ProgressLine(context.clock, { isTerminal: streams.isTerminal, columns: streams.columns, write: streams.err })
  const tools = { stores: source.stores, disk: context.disk, processes: context.processes, random: context.random, tar: context.machine.environment['HOLDFAST_TAR'] ?? 'tar', events: () => undefined, ...(journal === undefined ? {} : { journal }) }
  try {
    const result = await extractWanted(
      tools,
      place.chain,
      wish,
      plan,
      { target, existing: wishes.existing, owners: wishes.owners, isResumed: wishes.isResumed },
      ({ bytes, totalBytes, members }) => progress.show({ what: members === 0 ? 'reading levels' : `${members} of ${plan.entryCount} names`, bytes, totalBytes }),
      work.signal,
    )
    progress.clear()
    const whole = { ...result, missing: [...new Set([...missing, ...result.missing])] }
    await work.printer.print(work.isJson ? `${JSON.stringify(extractJson(whole), undefined, 2)}\n` : extractText(whole))
    return extractExit(whole)
  } finally {
    progress.clear()
  }
}

/** What words mean, as paths from the top; those that nothing is found for apart. Rejects when that is all of them. */
async function wantedPaths({ tree }: Place, words: readonly PathWord[]): Promise<{ readonly paths: readonly string[]; readonly missing: readonly string[] }> {
  const paths = new Set<string>()
  const missing: string[] = []
  let first: unknown
  for (const word of words) {
    try {
      for await (const entry of entriesOf(tree, word)) paths.add(bytesOfIndexPath(entry.path))
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'file-missing') throw error
      first ??= error
      // A dump without an index may have it all the same.
      if (tree.withoutIndex.length > 0) paths.add(word.readings[0] ?? '/')
      else missing.push(word.readings[0] ?? '/')
    }
  }
  if (paths.size === 0 && first !== undefined) throw first
  return { paths: [...paths], missing }
}

/** The directory that the disk is on its host, which must be this machine. */
function originalPlace({ context, source }: Work, { host, disk }: ExtractFrom): string {
  const entry = source.config?.disklist.find((each) => each.host === host && each.disk === disk)
  const device = entry?.device ?? disk
  if (!path.isAbsolute(device)) throw new Fault('usage-wrong', `the disk ${disk} of ${host} is no directory that names could go back to`, { next: 'Name a directory with `--to`.' })
  const { hostname } = context.machine
  const isHere = [hostname, hostname.split('.')[0], 'localhost'].includes(host)
  if (!isHere) throw new Fault('usage-wrong', `${host} is not this machine, which is ${hostname}`, { next: `If it is all the same, say \`--to ${device}\`; another machine is reached with \`--to-agent\`.` })
  return device
}

async function extractThere(work: Work, { host, disk, notAfter }: ExtractFrom, place: Place, paths: readonly string[], missing: readonly string[], { host: toHost, target, existing }: Extract<ExtractGoal, { kind: 'agent' }>): Promise<number> {
  const { config } = work.source
  if (config === undefined) throw new Fault('usage-wrong', 'an agent is reached through its server, and only a vault is named', { next: 'Leave --vault out, or extract to a directory of this machine.' })
  const texts = paths.map((each) => {
    const text = Buffer.from(each, 'latin1').toString('utf8')
    if (Buffer.from(text, 'utf8').toString('latin1') !== each) throw new Fault('usage-wrong', `${JSON.stringify(each)} is not UTF-8 and cannot be named to an agent`, { next: 'Name the directory it lies in.' })
    return text
  })
  const request = { host, disk, toHost, target, paths: texts.includes('/') ? [] : texts, ...(existing === undefined ? {} : { existing }), ...(notAfter === undefined ? {} : { notAfter }) }
  const result = await controlCall(work.context, config, { kind: 'restore-to-agent', request })
  const dumps = place.chain.map(({ run, level }) => ({ run, level }))
  const text = `${formatSize(result.bytes)} restored to ${printable(target)} on ${toHost}.\n${result.strangeLines.map((line) => `not as it was: ${printable(line)}\n`).join('')}${missing.map((each) => `not in the disk at that date: ${printable(each)}\n`).join('')}`
  await work.printer.print(work.isJson ? `${JSON.stringify({ ...result, dumps, missing }, undefined, 2)}\n` : text)
  return missing.length > 0 ? exitCode('notFound') : result.strangeLines.length > 0 ? exitCode('strange') : exitCode('ok')
}

async function sayPlan(work: Work, plan: ExtractionPlan, target: string, missing: readonly string[]): Promise<number> {
  const dumps = await Promise.all(plan.shares.map(async ({ dump, places }) => ({ run: dump.run, level: dump.level, members: places.count, bytes: places.spanBytes, on: await placesOf(work, dump) })))
  if (work.isJson) {
    await work.printer.print(`${JSON.stringify({ target, entries: plan.entryCount, bytes: plan.fileBytes, skipped: plan.skippedCount, readsLevels: plan.needsLevels, dumps, missing }, undefined, 2)}\n`)
  } else {
    const skipped = plan.skippedCount === 0 ? '' : `, ${plan.skippedCount} skipped`
    const lines = [`Would restore ${plan.entryCount} entries, ${formatSize(plan.fileBytes)}${skipped}, to ${printable(target)}.\n`]
    if (plan.needsLevels) lines.push('Some dumps do not say enough of their names: whole levels would be read.\n')
    for (const { run, level, members, bytes, on } of dumps) lines.push(`  level ${level} of ${formatRun(run)}: ${members} members, ${formatSize(bytes)}, on ${printable(on.join(', '))}\n`)
    for (const each of missing) lines.push(`not in the disk at that date: ${printable(each)}\n`)
    await work.printer.print(lines.join(''))
  }
  return missing.length > 0 ? exitCode('notFound') : exitCode('ok')
}

/** Volumes, or the holding disk. */
async function placesOf({ source }: Work, dump: DumpRecord): Promise<readonly string[]> {
  if (dump.holdingPath !== undefined) return ['the holding disk']
  return [...new Set((await source.stores.catalog.parts(dump.id)).map(({ label }) => label))]
}
