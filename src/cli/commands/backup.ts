// `holdfast backup PATH… --vault DIR`: dumps directories of this machine into a vault, without a server.

import path from 'node:path'
import { KEPT_VAULT_DUMPS, SnapshotFiles } from '../../agent/snapshot-files.ts'
import { formatDuration, formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CommandBody, Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { personalState } from '../machine.ts'
import { ProgressLine } from '../progress.ts'
import { showResult } from '../output.ts'
import { stampOf } from '../run-date.ts'
import { printable } from '../text-table.ts'
import { backupDisk, type BackupOrder, type BackupResult } from '../vault/backup-disk.ts'
import { openVaultHere, type VaultHere } from '../vault/open-vault.ts'
import { SECRET_HELP, VAULT_OPTIONS, vaultDirectoryOf, vaultOpenerOf } from '../vault/vault-opener.ts'
import { shownManifest } from '../vault/dump-name.ts'

const LEVEL_DEFAULT = 1
const LEVEL_MAX = 19

function levelOf(given: Given): number {
  const text = given.text('compressLevel')
  if (text === undefined) return LEVEL_DEFAULT
  if (!/^\d{1,2}$/.test(text) || Number(text) < 1 || Number(text) > LEVEL_MAX) throw new Fault('usage-wrong', `--compress-level must be 1 to ${LEVEL_MAX}`)
  return Number(text)
}

/** Timestamps name dumps: two of one disk must not have the same. */
async function freeRun(context: CliContext, here: VaultHere, host: string): Promise<string> {
  const runs = new Set((await here.vault.dumps()).filter((dump) => dump.host === host).map(({ run }) => run))
  for (let atMs = context.clock.wallMs(); ; atMs += 1000) {
    const run = stampOf(new Date(atMs))
    if (!runs.has(run)) return run
  }
}

function formatBackup(results: readonly BackupResult[]): string {
  return results
    .map(({ manifest, disk, facts, addedBytes, tookMs, strangeLines }) =>
      [
        `${printable(disk)}: dump ${shownManifest({ manifest })}`,
        `  ${facts.members} names, ${formatSize(facts.nativeBytes)}; ${formatSize(facts.readBytes)} read, ${formatSize(facts.unchangedBytes)} unchanged`,
        `  ${formatSize(addedBytes)} added to the vault in ${formatDuration(tookMs)}${strangeLines.length === 0 ? '' : `; ${strangeLines.length} lines that need a look`}`,
        '',
      ].join('\n'),
    )
    .join('')
}

export const backupCommand: CommandBody = {
  details: [
    'Each PATH becomes a dump that is whole by itself and is restored in one step. What did not change since the last dump of it (by size, times and inode) is not read; what the vault has already, from wherever, is not stored again. One that was interrupted goes on where it was.',
    'A vault is made by `holdfast vault init DIR`, and is used by one process at a time.',
    SECRET_HELP,
  ],
  args: [{ name: 'PATH...', text: 'directories or files of this machine' }],
  options: [
    { flags: '-e, --exclude PATTERN', text: 'leave out what matches, as GNU tar’s --exclude; may be repeated', isRepeatable: true },
    { flags: '--exclude-file FILE', text: 'patterns, one a line; may be repeated', isRepeatable: true },
    { flags: '--skip-caches', text: 'leave out what is in directories with a CACHEDIR.TAG' },
    { flags: '--all-file-systems', text: 'enter what is mounted below PATH' },
    { flags: '--tag TAG', text: 'tag the dump; may be repeated', isRepeatable: true },
    { flags: '--host NAME', text: 'the dump is of this host; default: the name of this machine' },
    { flags: '--reread', text: 'read every file, whatever its times say' },
    { flags: '--compress-level LEVEL', text: 'zstd, 1 (default) to 19' },
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: 'holdfast backup /home --vault /mnt/backup/vault', text: 'the first time all, then what changed' },
    { line: "holdfast backup ~ -e '*.iso' --tag nightly", text: 'with HOLDFAST_VAULT and HOLDFAST_VAULT_PASSPHRASE_FILE set' },
  ],
  async run(context, given) {
    const [paths = []] = given.args as readonly [readonly string[] | undefined]
    const named = vaultDirectoryOf(context, given)
    if (named === undefined) throw new Fault('usage-wrong', 'it is not said into which vault', { next: 'Name it with --vault DIR, or set HOLDFAST_VAULT; `holdfast vault init DIR` makes one.' })
    const directory = path.resolve(named)
    const host = given.text('host') ?? context.machine.hostname
    await using here = await openVaultHere(context, directory, await vaultOpenerOf(context, given, directory), 'write')
    const run = await freeRun(context, here, host)
    const { isTerminal, columns, err } = context.streams
    const progress = new ProgressLine(context.clock, { isTerminal, columns, write: err })
    const results: BackupResult[] = []
    const kept = new SnapshotFiles(context.disk, `${personalState(context.machine)}/vaults/${here.config.id}`, undefined, KEPT_VAULT_DUMPS)
    try {
      // The vault is locked, so no other backup into it runs here.
      await kept.sweep()
      for (const disk of new Set(paths.map((each) => path.resolve(each)))) {
        const order: BackupOrder = {
          host, disk, run, domain: here.config.domain === 'host' ? host : '', compressLevel: levelOf(given), excludes: given.list('exclude'), excludeLists: given.list('excludeFile').map((file) => path.resolve(file)),
          isOneFileSystem: !given.flag('allFileSystems'), isCacheSkipped: given.flag('skipCaches'), isReread: given.flag('reread'), tags: given.list('tag'),
        }
        const onLine = (line: string): void => {
          progress.clear()
          err(`${printable(line)}\n`)
        }
        const onProgress = (bytes: number, totalBytes: number | undefined): void => progress.show({ what: printable(disk), bytes, ...(totalBytes === undefined ? {} : { totalBytes }) })
        results.push(await backupDisk(context, here.vault, order, { kept, vaultDirectory: directory }, onLine, onProgress))
        progress.clear()
      }
    } finally {
      progress.clear()
    }
    showResult(context.streams, given.isJson, results, formatBackup)
    return exitCode(results.some(({ strangeLines }) => strangeLines.length > 0) ? 'strange' : 'ok')
  },
}
