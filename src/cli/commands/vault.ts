// `holdfast vault …`: makes a vault, looks after it, and says what is in it. While a server runs with the vault of the configuration, the server does the work.

import path from 'node:path'
import { Fault } from '../../kernel/fault.ts'
import type { CommandBody, Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { dumpOfName, isWholeName, shownManifest } from '../vault/dump-name.ts'
import { KEEP_OPTIONS, keepRulesOf } from '../vault/keep-options.ts'
import { initVault } from '../vault/init-vault.ts'
import { stepProgress } from '../vault/step-progress.ts'
import { openVaultWork } from '../vault/vault-place.ts'
import { SECRET_HELP, SECRET_OPTIONS, VAULT_OPTIONS } from '../vault/vault-opener.ts'
import { formatCheck, formatForget, isDamage, formatOrphans, formatPrune, formatStats, formatVaultDumps } from '../vault/vault-text.ts'
import type { VaultWork } from '../vault/vault-work.ts'

async function work(context: CliContext, given: Given, action: (vault: VaultWork, progress: ReturnType<typeof stepProgress>) => Promise<number>): Promise<number> {
  await using vault = await openVaultWork(context, given)
  const progress = stepProgress(context)
  try {
    return await action(vault, progress)
  } finally {
    progress.clear()
  }
}

export const vaultInitCommand: CommandBody = {
  details: [
    'Makes an empty vault. Everything in it is encrypted with a random master key, which is kept in it in key slots, each opened by a passphrase or a key file. Without an option the new passphrase is asked for at the terminal. A key file that is not there is made.',
    'Whoever loses all passphrases and key files loses the vault: print the paper key (`holdfast vault key print`) and put it where no fire reaches it.',
  ],
  args: [{ name: 'DIR', text: 'missing or empty; best on another disk' }],
  options: [
    ...SECRET_OPTIONS,
    { flags: '--slot NAME', text: 'name of the first key slot; default: main' },
    { flags: '--dedup-domain DOMAIN', text: '`vault`: all hosts share what is the same (default), or `host`: each for itself' },
  ],
  examples: [
    { line: 'holdfast vault init /mnt/backup/vault', text: 'asks for a passphrase' },
    { line: 'holdfast vault init /mnt/backup/vault --key-file ~/vault.key', text: 'makes a key file, for backups without anybody there' },
  ],
  async run(context, given) {
    const [directory = ''] = given.args as readonly (string | undefined)[]
    const domain = given.text('dedupDomain') ?? 'vault'
    if (domain !== 'vault' && domain !== 'host') throw new Fault('usage-wrong', `\`${domain}\` is no dedup domain`, { next: 'Use vault or host.' })
    const result = await initVault(context, given, path.resolve(directory), domain, given.text('slot') ?? 'main')
    showResult(context.streams, given.isJson, result, (value) =>
      [`Made the vault ${value.id} in ${value.directory}.`, ...(value.keyFile === undefined ? [] : [`Made the key file ${value.keyFile}: keep a copy of it elsewhere.`]), '', 'Next:', `  holdfast vault key print --vault ${value.directory}    and keep the paper`, `  holdfast backup PATH --vault ${value.directory}`, ''].join('\n'),
    )
    return exitCode('ok')
  },
}

export const vaultListCommand: CommandBody = {
  details: ['Newest first, with what each added to the vault.', SECRET_HELP],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast vault list --vault /mnt/backup/vault', text: 'what there is' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      showResult(context.streams, given.isJson, await vault.dumps(), formatVaultDumps)
      return exitCode('ok')
    }),
}

export const vaultStatsCommand: CommandBody = {
  details: [SECRET_HELP],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast vault stats', text: 'of the vault of the configuration' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      showResult(context.streams, given.isJson, await vault.stats(), formatStats)
      return exitCode('ok')
    }),
}

export const vaultCheckCommand: CommandBody = {
  details: [
    'Looks whether every object is there and is what the ledger says, and whether every segment that a dump names is in a pack. With --data every byte is read, decrypted and compared with its id as well, and the dumps are noted as verified. Changes nothing else. Ends with 65 when something is wrong, and names each object and the dumps that need it. A file that the vault does not know is named too, but is no damage: a backup that was killed may have left it.',
    'A check that was interrupted goes on with --resume.',
    SECRET_HELP,
  ],
  options: [{ flags: '--data', text: 'read every byte' }, { flags: '--resume', text: 'go on where the last check was interrupted' }, ...VAULT_OPTIONS],
  examples: [
    { line: 'holdfast vault check', text: 'in a few seconds' },
    { line: 'holdfast vault check --data --vault /mnt/backup/vault', text: 'before the old disk goes' },
  ],
  run: (context, given) =>
    work(context, given, async (vault, progress) => {
      const result = await vault.check(given.flag('data') ? 'data' : 'structure', given.flag('resume'), progress.take)
      progress.clear()
      showResult(context.streams, given.isJson, result, formatCheck)
      if (result.problems.some(isDamage)) return exitCode('data')
      return exitCode(result.isComplete ? 'ok' : 'interrupted')
    }),
}

export const vaultPruneCommand: CommandBody = {
  details: [
    'Removes dumps that no rule keeps, and then what no dump needs any more. The rules are counted for each disk of each host; a dump that any of them keeps stays, and so does a pinned one. Without rules those of the configuration (`keep`) are used.',
    'Backups may run meanwhile. When it is interrupted nothing is lost: the next one goes on. What an interrupted backup has stored stays for two days, so that the next try needs not send it again.',
    SECRET_HELP,
  ],
  options: [...KEEP_OPTIONS, { flags: '-n, --dry-run', text: 'only say what would be removed, and why' }, { flags: '--now', text: 'remove what interrupted backups have stored, too' }, ...VAULT_OPTIONS],
  examples: [
    { line: 'holdfast vault prune --dry-run', text: 'by the rules of the configuration' },
    { line: 'holdfast vault prune --keep-daily 14 --keep-weekly 8 --keep-monthly 12 --vault /mnt/backup/vault', text: 'two weeks, two months, a year' },
  ],
  run: (context, given) =>
    work(context, given, async (vault, progress) => {
      const pruned = await vault.prune(keepRulesOf(given), { isDryRun: given.flag('dryRun'), isNow: given.flag('now') }, progress.take)
      progress.clear()
      showResult(context.streams, given.isJson, pruned, formatPrune)
      return exitCode('ok')
    }),
}

export const vaultOrphansCommand: CommandBody = {
  details: ['Lists files that no dump needs: what an interrupted backup left, what the next prune will remove, and what is none of the vault’s. Removes nothing.', SECRET_HELP],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast vault find-orphans', text: 'when the disk is fuller than it should be' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      showResult(context.streams, given.isJson, await vault.orphans(), formatOrphans)
      return exitCode('ok')
    }),
}

export const vaultForgetCommand: CommandBody = {
  details: [
    'Takes dumps off the list, whatever the keep rules say. DUMP is the beginning of a name that `holdfast vault list` shows, `latest`, or the whole name of a dump whose manifest is damaged, as `holdfast vault check` names it. While such a dump is listed nothing is thrown away, because nobody can tell what it needs; what it shares with others stays theirs.',
    'A dump that is pinned, that is being read, or that a dump which stays builds on is kept; then the exit code is 1. Space comes back with the next `holdfast vault prune`.',
    SECRET_HELP,
  ],
  args: [{ name: 'DUMP...', text: 'dumps of the vault' }],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast vault forget 1d60108e --vault /mnt/backup/vault', text: 'a dump that should not have been made' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      const [names] = given.args as readonly [readonly string[]]
      const dumps = await vault.dumps()
      const result = await vault.forget([...new Set(names.map((name) => (isWholeName(name) ? name : dumpOfName(dumps, name).manifest)))])
      showResult(context.streams, given.isJson, result, formatForget)
      return exitCode(result.kept.length === 0 ? 'ok' : 'error')
    }),
}

export const vaultTagCommand: CommandBody = {
  details: ['DUMP is the beginning of a name that `holdfast vault list` shows, or `latest`. With --remove the tags are taken away.', SECRET_HELP],
  args: [
    { name: 'DUMP', text: 'a dump of the vault' },
    { name: 'TAG...', text: 'words of your own' },
  ],
  options: [{ flags: '--remove', text: 'take the tags away' }, ...VAULT_OPTIONS],
  examples: [{ line: 'holdfast vault tag latest before-upgrade --vault /mnt/backup/vault', text: 'for `vault prune --keep-tag before-upgrade`' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      const [name, words] = given.args as readonly [string, readonly string[]]
      const dump = dumpOfName(await vault.dumps(), name)
      for (const word of words) if (!/^[\w.:@-]{1,64}$/.test(word)) throw new Fault('usage-wrong', `\`${word}\` is no tag`, { next: 'Use up to 64 letters, digits, `.`, `:`, `@`, `_` and `-`.' })
      const tags = given.flag('remove') ? dump.tags.filter((tag) => !words.includes(tag)) : [...new Set([...dump.tags, ...words])]
      await vault.tag(dump.manifest, tags)
      showResult(context.streams, given.isJson, { manifest: dump.manifest, tags }, () => `${shownManifest(dump)} has ${tags.length === 0 ? 'no tags' : `the tags ${tags.join(', ')}`}.\n`)
      return exitCode('ok')
    }),
}

export const vaultPinCommand: CommandBody = {
  details: ['A pinned dump is never removed, whatever the rules say. DUMP is the beginning of a name that `holdfast vault list` shows, or `latest`.', SECRET_HELP],
  args: [{ name: 'DUMP', text: 'a dump of the vault' }],
  options: [{ flags: '--remove', text: 'take the pin away' }, ...VAULT_OPTIONS],
  examples: [{ line: 'holdfast vault pin latest --vault /mnt/backup/vault', text: 'keep it for good' }],
  run: (context, given) =>
    work(context, given, async (vault) => {
      const [name] = given.args as readonly [string]
      const dump = dumpOfName(await vault.dumps(), name)
      const isPinned = !given.flag('remove')
      await vault.pin(dump.manifest, isPinned)
      showResult(context.streams, given.isJson, { manifest: dump.manifest, isPinned }, () => `${shownManifest(dump)} is ${isPinned ? 'pinned' : 'not pinned any more'}.\n`)
      return exitCode('ok')
    }),
}
