// What the vault commands print.

import { formatSize } from '../../config/units.ts'
import type { CheckResult, ForgetResult, PrunePlan, PruneResult, VaultDump, VaultStats } from '../../storage/vault/contract.ts'
import { formatRun } from '../run-text.ts'
import { formatTable, printable } from '../text-table.ts'
import { shownManifest } from './dump-name.ts'
import type { Orphan } from './vault-work.ts'

const SHARE_DIGITS = 2

function nameOf(dump: VaultDump): string {
  return `${shownManifest(dump)}  ${formatRun(dump.run)}  ${dump.host}:${dump.disk}${dump.level === 0 ? '' : `  level ${dump.level}`}`
}

export function formatVaultDumps(dumps: readonly VaultDump[]): string {
  if (dumps.length === 0) return 'There is no dump in the vault.\n'
  return formatTable(
    [{ title: 'DUMP' }, { title: 'DATE' }, { title: 'HOST' }, { title: 'DISK' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'ADDED', align: 'right' }, { title: 'TAGS' }],
    dumps.map((dump) => [shownManifest(dump), formatRun(dump.run), dump.host, dump.disk, String(dump.level), formatSize(dump.nativeBytes), formatSize(dump.addedBytes), [...(dump.isPinned ? ['(pinned)'] : []), ...dump.tags].join(' ')]),
  )
}

export function formatStats(stats: VaultStats): string {
  const ratio = (bytes: number): string => (stats.storedBytes === 0 ? '' : `  (${(bytes / stats.storedBytes).toFixed(SHARE_DIGITS)} × what is stored)`)
  return [
    `dumps     ${stats.dumps}, ${formatSize(stats.nativeBytes)}${ratio(stats.nativeBytes)}`,
    `segments  ${stats.segments}, ${formatSize(stats.uniqueBytes)}${ratio(stats.uniqueBytes)}`,
    `packs     ${stats.packs}, ${formatSize(stats.storedBytes)}`,
    `index     ${formatSize(stats.indexResidentBytes)} of memory`,
    '',
  ].join('\n')
}

export function formatPrune({ plan, result }: { readonly plan: PrunePlan; readonly result?: PruneResult }): string {
  const line = (word: string) => ({ dump, why }: PrunePlan['kept'][number]): string => printable(`${word}  ${nameOf(dump)}  ${why}`)
  const lines = [...plan.kept.map(line('keep  ')), ...plan.removed.map(line('remove'))]
  if (result === undefined) lines.push(`${plan.removed.length} dumps would be removed and ${plan.kept.length} kept. Nothing was changed.`)
  else {
    lines.push(`${result.removed.length} dumps removed, ${result.kept.length} kept.`)
    lines.push(`${formatSize(result.bytesBefore)} before, ${formatSize(result.bytesAfter)} after, of which ${formatSize(result.liveBytes)} are needed; ${result.packsRemoved} packs removed, ${result.packsRewritten} written again.`)
  }
  return `${lines.join('\n')}\n`
}

export function formatForget({ forgotten, kept }: ForgetResult): string {
  const lines = kept.map(({ manifest, why }) => `keep    ${shownManifest({ manifest })}  ${why}`)
  for (const manifest of forgotten) lines.push(`forgot  ${shownManifest({ manifest })}`)
  lines.push(forgotten.length === 0 ? 'Nothing was changed.' : 'What only they needed goes with the next `holdfast vault prune`.')
  return `${lines.join('\n')}\n`
}

/** A file that nobody knows and no dump needs is none: a backup that was killed between naming a pack and listing it leaves one. */
export function isDamage({ kind, dumps }: CheckResult['problems'][number]): boolean {
  return kind !== 'unknown' || dumps.length > 0
}

export function formatCheck(result: CheckResult): string {
  const lines = result.problems.map(({ object, kind, message, dumps }) => printable(`${kind.toUpperCase().padEnd(15)} ${object}: ${message}${dumps.length === 0 ? '' : `; needed by ${dumps.map((manifest) => shownManifest({ manifest })).join(', ')}`}`))
  const looked = `${result.objects} objects, ${formatSize(result.bytes)}`
  if (!result.isComplete) lines.push(`Not all was looked at (${looked}); --resume goes on from here.`)
  else lines.push(formatVerdict(result, looked))
  return `${lines.join('\n')}\n`
}

function formatVerdict({ problems }: CheckResult, looked: string): string {
  const damaged = problems.filter(isDamage).length
  if (damaged > 0) return `${damaged} problems in ${looked}.`
  return problems.length === 0 ? `All is well: ${looked}.` : `All that dumps need is well: ${looked}.`
}

export function formatOrphans(orphans: readonly Orphan[]): string {
  if (orphans.length === 0) return 'Everything in the vault is needed.\n'
  const bytes = orphans.reduce((sum, orphan) => sum + orphan.bytes, 0)
  return `${orphans.map(({ object, bytes: each, why }) => printable(`${object}  ${formatSize(each)}  ${why}`)).join('\n')}\n${orphans.length} objects, ${formatSize(bytes)}, that nothing needs.\n`
}
