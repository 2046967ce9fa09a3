// Damage while it is read: a writer makes files grow, shrink, vanish and become directories during dumps at levels 0 to 2, and an agent without the right to read everything
// meets files that it may not open. The dumps go on, say so in lines that are known, and what was left alone comes back as it is.

import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../src/kernel/random.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { BackgroundProcess, command, runCommand } from '../lab/commands.ts'
import { FidelityLab, HOST, type LabRun } from '../lab/fidelity-lab.ts'
import { hardDay } from '../lab/hard-edits.ts'
import { must } from '../lab/must.ts'
import { differencesOf, VERDICT_PROGRAMS } from '../lab/tree-verdict.ts'

const BUSY_FILES = 400
const BUSY_BYTES = 256 * 1024
const LEVELS = 2
/** What an archiver may say of files that change under it; the words are GNU tar's. */
const BUSY_LINES = /file changed as we read it|File removed before we read it|File shrank by \d+ bytes?; padding with zeros|Cannot (?:open|stat|readlink|savedir|read|getxattr|listxattr|flistxattr|llistxattr)\b.*: (?:No such file or directory|Not a directory|Is a directory|Too many levels of symbolic links)|Read error at byte|socket ignored|Exiting with failure status|Total bytes written|Directory (?:is new|has been renamed)/

/**
 * What GNU tar's restore says of GNU tar's own dump: it lists all directories before it dumps any, so one that became a file meanwhile is dumped as that file, and then
 * what was listed in it; or the other way round. `tarAlone` shows it without us.
 */
const TAR_RACE = /^tar: \.\/busy\/f\d+(?:\/in)?: Cannot open: (?:Not a directory|File exists)$/
/** Dumps by tar alone until one of them cannot be restored; some tries have luck. */
const TAR_ALONE_TRIES = 12

/** Does as much harm as it can, for ever: perl starts at once and needs little. */
const WRITER = String.raw`
use strict; use warnings; my ($dir, $count) = @ARGV; my $block = 'y' x 65536; srand 7;
while (1) {
  my $name = "$dir/f" . int(rand $count); my $what = int(rand 7);
  if ($what < 2) { if (open my $f, '>>', $name) { print $f $block; close $f } }
  elsif ($what == 2) { truncate $name, int(rand 100000) if -f $name }
  elsif ($what == 3) { unlink $name }
  elsif ($what == 4) { unlink $name; if (mkdir $name) { if (open my $f, '>', "$name/in") { print $f 'x'; close $f } } }
  elsif ($what == 5) { unlink "$name/in"; rmdir $name; if (open my $f, '>', $name) { print $f $block x 4; close $f } }
  else { unlink $name; symlink 'nowhere', $name }
}`

function makeBusy(dir: string): void {
  const random = seededRandom(3)
  mkdirSync(dir, { recursive: true })
  for (let index = 0; index < BUSY_FILES; index++) writeFileSync(path.join(dir, `f${index}`), random.bytes(BUSY_BYTES))
}

/** The strange lines that the report has of the run. */
async function strangeLines(lab: FidelityLab, run: LabRun, disk: string): Promise<string[]> {
  const report = JSON.parse((await lab.holdfast.run('server', ['report', run.run, '--json'])).stdout) as { readonly rows: readonly { readonly disk: string; readonly strangeLines?: readonly string[] }[] }
  return report.rows.filter((row) => row.disk === disk).flatMap((row) => row.strangeLines ?? [])
}

/** What GNU tar's restore says of two levels that GNU tar alone made of such a tree: nothing but `TAR_RACE`. */
async function tarAlone(dir: string, tree: string): Promise<string> {
  const level = `tar -c -f "$2/archive" -g "$2/snapshot" -C "$1" . 2>/dev/null; tar -x -f "$2/archive" -g /dev/null -C "$2/out" 2>&1 | grep 'Cannot open'`
  const script = `rm -rf "$2"; mkdir -p "$2/out"; ${level}; ${level}; rm -rf "$2"`
  await using _writer = new BackgroundProcess(['perl', '-e', WRITER, path.join(tree, 'busy'), String(BUSY_FILES)], path.join(dir, 'writer.log'))
  for (let count = 1; count <= TAR_ALONE_TRIES; count++) {
    const { stdout } = await runCommand(['sh', '-c', script, 'sh', tree, path.join(dir, 'tar-alone')], { timeoutMs: 60_000 })
    const lines = stdout.split('\n').filter((line) => line !== '')
    const other = lines.find((line) => !TAR_RACE.test(line))
    must(other === undefined, `tar alone says ${other}`)
    if (lines.length > 0) return `tar alone, try ${count}: ${lines.join(' | ')}`
  }
  return `tar alone had luck ${TAR_ALONE_TRIES} times`
}

async function whileWritten(context: CaseContext, application: string): Promise<string> {
  const tree = path.join(context.dir, `busy-${application}`)
  makeBusy(path.join(tree, 'busy'))
  mkdirSync(path.join(tree, 'still'))
  await hardDay(path.join(tree, 'still'), 0)
  await using lab = await FidelityLab.start(path.join(context.dir, application), [{ name: 'busy', tree, application }])
  let lines = 0
  for (let level = 0; level <= LEVELS; level++) {
    if (level > 0) await hardDay(path.join(tree, 'still'), level)
    let run: LabRun
    {
      await using _writer = new BackgroundProcess(['perl', '-e', WRITER, path.join(tree, 'busy'), String(BUSY_FILES)], path.join(context.dir, 'writer.log'))
      run = await lab.dump(['busy'], level)
    }
    const said = await strangeLines(lab, run, 'busy')
    const unknown = said.filter((line) => !BUSY_LINES.test(line))
    must(unknown.length === 0, `${application} level ${level} says ${unknown.slice(0, 5).join(' | ')}`)
    lines += said.length
    const restored = await lab.restore('busy', run.run, `busy-${level}`)
    const found = await differencesOf(path.join(tree, 'still'), path.join(restored, 'still'))
    must(found.length === 0, `${application} level ${level}: what was left alone differs: ${found.slice(0, 5).join('; ')}`)
    const byTar = await lab.tarIncremental('busy', run, 'busy-tar', application === 'gnutar' ? TAR_RACE : undefined)
    const foundByTar = await differencesOf(path.join(tree, 'still'), path.join(byTar, 'still'))
    must(foundByTar.length === 0, `${application} level ${level} by tar: ${foundByTar.slice(0, 5).join('; ')}`)
  }
  if (application === 'gnutar') context.note(await tarAlone(context.dir, tree))
  must(lines > 0, `${application}: the writer was never in the way`)
  context.note(`${application}: ${LEVELS + 1} levels while files changed, ${lines} lines said so`)
  return `${lines} lines of ${application}`
}

/** Root without the right to read what is not its own. */
async function withoutRights(context: CaseContext, application: string): Promise<void> {
  const dir = path.join(context.dir, `closed-${application}`)
  const tree = path.join(dir, 'tree')
  mkdirSync(path.join(tree, 'still'), { recursive: true })
  await hardDay(path.join(tree, 'still'), 0)
  writeFileSync(path.join(tree, 'closed-file'), 'nobody may read it')
  mkdirSync(path.join(tree, 'closed-dir'))
  writeFileSync(path.join(tree, 'closed-dir/inside'), 'nor this')
  for (const name of ['closed-file', 'closed-dir']) chownSync(path.join(tree, name), 1234, 1234)
  chmodSync(path.join(tree, 'closed-file'), 0o600)
  chmodSync(path.join(tree, 'closed-dir'), 0o700)
  await using lab = await FidelityLab.start(dir, [{ name: 'closed', tree, application }], '', ['setpriv', '--bounding-set=-dac_override,-dac_read_search'])
  for (const level of [0, 1]) {
    const run = await lab.dump(['closed'], level)
    const said = await strangeLines(lab, run, 'closed')
    for (const name of ['closed-file', 'closed-dir']) must(level > 0 || said.some((line) => line.includes(name) && line.includes('Permission denied')), `${application} level ${level} does not say that ${name} may not be read: ${said.join(' | ')}`)
    const restored = await lab.restore('closed', run.run, `closed-${level}`)
    const found = await differencesOf(path.join(tree, 'still'), path.join(restored, 'still'))
    must(found.length === 0, `${application} level ${level}: what may be read differs: ${found.slice(0, 5).join('; ')}`)
  }
  context.note(`${application}: without rights, what may be read comes back`)
}

async function run(context: CaseContext): Promise<string> {
  const named = ['archive', 'gnutar'].filter((application) => context.parts.includes(application) || context.parts.includes('all'))
  const applications = named.length === 0 ? ['archive'] : named
  const seen: string[] = []
  for (const application of applications) {
    seen.push(await whileWritten(context, application))
    await withoutRights(context, application)
    await command(['rm', '-rf', path.join(context.dir, application), path.join(context.dir, `busy-${application}`)])
  }
  return `dumps of ${HOST} go on while files change (${seen.join(', ')}) and without rights; what was left alone is the same`
}

export const integrationCase: IntegrationCase = {
  name: 'archive-busy',
  summary: 'files that grow, shrink, vanish and become directories while they are dumped; files that may not be read (:gnutar, :all)',
  needs: [...VERDICT_PROGRAMS, 'perl', 'setpriv', 'setfattr', 'mkfifo'],
  needsRoot: true,
  timeoutMs: 400_000,
  run,
}
