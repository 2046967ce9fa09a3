// Recovery end to end with real processes: a disk dumped at three dates with edits, deletions and renames between them; every date restored and compared,
// every option of `recover extract`, a restore that is killed and goes on, one by a user who is not root, one to the agent, scripts on standard input, and
// the shell at a terminal.

import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { compareTrees, type CompareOptions } from '../../testkit/tree-compare.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { HOST, mustRecover, ODD_NAME, recover, startRecover, startRecoverLab, typeAtShell, type RecoverLab, type TypedKeys } from '../lab/recover-lab.ts'

const APPLICATIONS = ['archive', 'gnutar']
const NOBODY = 65_534

interface Counts {
  readonly restored: number
  readonly skipped: number
  readonly failed: number
  readonly problems: readonly { readonly path: string; readonly code: string }[]
}

class Check {
  readonly lab: RecoverLab
  readonly dir: string
  readonly #note: (text: string) => void
  count = 0

  constructor(lab: RecoverLab, dir: string, note: (text: string) => void) {
    this.lab = lab
    this.dir = dir
    this.#note = note
  }

  done(what: string): void {
    this.count++
    this.#note(what)
  }

  async extract(args: readonly string[], code = 0): Promise<Counts> {
    return JSON.parse(await mustRecover(this.lab, ['extract', HOST, this.lab.disk, ...args, '--json'], code)) as Counts
  }

  same(expected: string, actual: string, options?: CompareOptions): void {
    const { differences } = compareTrees(expected, actual, options)
    must(differences.length === 0, `${actual} is not ${expected}: ${differences.slice(0, 5).join('; ')}`)
  }
}

async function everyDate(check: Check): Promise<void> {
  for (const [index, { run, copy }] of check.lab.dates.entries()) {
    const fresh = path.join(check.dir, `fresh-${index}`)
    await check.extract(['/', '--to', fresh, '--at', run])
    check.same(copy, fresh)
    const merged = path.join(check.dir, `merged-${index}`)
    mkdirSync(merged)
    writeFileSync(path.join(merged, 'gone'), 'was here before')
    await check.extract(['/*', '--to', merged, '--at', run, '--existing', 'replace'])
    if (index > 0) execFileSync('rm', [path.join(merged, 'gone')])
    execFileSync('touch', ['-r', copy, merged])
    execFileSync('chmod', [`--reference=${copy}`, merged])
    check.same(copy, merged)
  }
  check.done('every date restored and compared, into fresh and used directories')
}

async function listings(check: Check): Promise<void> {
  const { lab } = check
  const { disk, dates } = lab
  const [first, second] = dates
  const names = JSON.parse(await mustRecover(lab, ['ls', HOST, disk, '/alice', '--json', '--at', first?.run ?? ''])) as { path: string }[]
  must(names.map((name) => name.path).join() === '/alice/b c,/alice/notes,/alice/report.odt', `ls: ${JSON.stringify(names)}`)
  must(/^-rw-r--r--\s+\S+\s+\S+\s+8 .*report\.odt(?: = .*)?$/m.test(await mustRecover(lab, ['ls', HOST, disk, '/alice', '-l'])), 'ls -l has no size')
  must((await mustRecover(lab, ['ls', HOST, disk])).includes(String.raw`odd\377\012`), 'ls does not show a name that is no text')
  must((await mustRecover(lab, ['find', HOST, disk, '--name', '*.odt', '--at', second?.run ?? ''])) === '/alice/added.odt\n/alice/report.odt\n', 'find by name')
  must((await mustRecover(lab, ['find', HOST, disk, '--size', '+1M'])) === '/big\n', 'find by size')
  must((await mustRecover(lab, ['find', HOST, disk, '/alice', '--newer', '1 h ago', '--type', 'file', '--name', 'b*'])) === String.raw`/alice/b\ c` + '\n', 'find by time')
  await mustRecover(lab, ['find', HOST, disk, '--older', '2 d ago'], 66)
  const versions = JSON.parse(await mustRecover(lab, ['versions', HOST, disk, '/alice/report.odt', '--json'])) as { run: string; isChanged: boolean; entry: { size: number } | null }[]
  must(versions[0]?.run === first?.run && versions[1]?.run === second?.run && versions[0]?.entry?.size === 4 && versions[1]?.entry?.size === 8, `versions: ${JSON.stringify(versions)}`)
  const changes = (await mustRecover(lab, ['diff', HOST, disk, first?.run ?? '', second?.run ?? '', '/alice', '--json'])).trim().split('\n').map((line) => JSON.parse(line) as { change: string; path: string; fields?: string[] })
  must(changes.some(({ change, path: name }) => change === 'added' && name === '/alice/added.odt') && changes.some(({ change, path: name }) => change === 'changed' && name === '/alice/report.odt'), `diff: ${JSON.stringify(changes)}`)
  for (const name of ['/alice/report.odt', '/zlink']) must((await mustRecover(lab, ['cat', HOST, disk, name])) === 'one\ntwo\n', `cat ${name}`)
  must((await mustRecover(lab, ['cat', HOST, disk, String.raw`/odd\377\n`])) === 'odd\n', 'cat of a name that is no text')
  must((await mustRecover(lab, ['cat', HOST, disk, '/alice/report.odt', '--at', first?.run ?? ''])) === 'one\n', 'cat at a date')
  await mustRecover(lab, ['cat', HOST, disk, '/nothing'], 66)
  await mustRecover(lab, ['cat', HOST, disk, '/alice'], 64)
  check.done('ls, find, versions, diff and cat')
}

async function policies(check: Check): Promise<void> {
  const target = path.join(check.dir, 'policies')
  const file = path.join(target, 'alice', 'b c')
  const mine = (text: string, time: number): void => {
    writeFileSync(file, text)
    utimesSync(file, time, time)
  }
  mkdirSync(path.dirname(file), { recursive: true })
  const wanted = ['/alice/b c', '--to', target]
  mine('mine', 1)
  const refused = await check.extract(wanted, 4)
  must(refused.failed === 1 && refused.problems[0]?.code === 'exists' && readFileSync(file, 'utf8') === 'mine', `refuse: ${JSON.stringify(refused)}`)
  must((await check.extract([...wanted, '--existing', 'keep'])).skipped >= 1 && readFileSync(file, 'utf8') === 'mine', 'keep did not keep')
  await check.extract([...wanted, '--existing', 'beside'])
  must(readFileSync(`${file}.~restored~1~`, 'utf8') === 'blank\n' && readFileSync(file, 'utf8') === 'mine', 'beside')
  mine('mine', Date.now() / 1000 + 1000)
  must((await check.extract([...wanted, '--existing', 'newer'])).skipped >= 1 && readFileSync(file, 'utf8') === 'mine', 'newer replaced what is newer')
  mine('mine', 1)
  await check.extract([...wanted, '--existing', 'newer'])
  must(readFileSync(file, 'utf8') === 'blank\n', 'newer did not replace what is older')
  mine('mine', 1)
  await check.extract([...wanted, '--existing', 'replace'])
  must(readFileSync(file, 'utf8') === 'blank\n' && (statSync(file).mode & 0o777) === 0o600, 'replace')
  await mustRecover(check.lab, ['extract', HOST, check.lab.disk, ...wanted, '--existing', 'maybe'], 64)
  check.done('refuse, keep, beside, newer and replace')
}

async function options(check: Check): Promise<void> {
  const { dir, lab } = check
  const dry = path.join(dir, 'dry')
  const said = await mustRecover(lab, ['extract', HOST, lab.disk, '/alice', '--to', dry, '--dry-run'])
  must(/^restore +\/alice\/report\.odt$/m.test(said) && /^Would restore \d+ entries/m.test(said) && !existsSync(dry), `dry run: ${said}`)
  const excluded = path.join(dir, 'excluded')
  await check.extract(['/alice', '/many', '--to', excluded, '--exclude', '*.txt', '--exclude', '/many', '--exclude', 'alice/b*'])
  must(readdirSync(excluded).join() === 'alice' && readdirSync(path.join(excluded, 'alice', 'notes')).length === 0 && !existsSync(path.join(excluded, 'alice', 'b c')), 'exclude')
  const link = path.join(dir, 'link')
  await check.extract(['/zlink', '--to', link])
  must(readFileSync(path.join(link, 'zlink'), 'utf8') === 'one\ntwo\n' && readdirSync(link).length === 1, 'a hard link without its first name')
  const odd = path.join(dir, 'odd')
  const result = await check.extract(['/odd*', '/nothing', '--to', odd], 66)
  must(result.restored >= 1 && readdirSync(odd, { encoding: 'buffer' }).some((name) => name.equals(ODD_NAME)), 'a name that is no text')
  const parents = path.join(dir, 'parents')
  await check.extract(['/alice/notes/a.txt', '--to', parents])
  must((statSync(path.join(parents, 'alice', 'notes')).mode & 0o777) === 0o750, 'a directory above has not its own mode')
  execFileSync('chown', ['-R', '1234:1234', parents])
  const owners = path.join(dir, 'owners')
  await check.extract(['/alice/notes/a.txt', '--to', owners, '--owners', 'none'])
  must(statSync(path.join(owners, 'alice/notes/a.txt')).uid === process.getuid?.(), 'owners none')
  for (const wrong of [['--original', '--to', dir], ['--to-agent', HOST], ['--to-agent', HOST, '--to', '/x', '--owners', 'none'], []]) await mustRecover(lab, ['extract', HOST, lab.disk, '/alice', ...wrong], 64)
  const there = path.join(dir, 'there', 'tree')
  mkdirSync(path.dirname(there))
  await check.extract(['/', '--to-agent', HOST, '--to', there])
  check.same(lab.dates.at(-1)?.copy ?? '', there)
  check.done('dry run, exclude, links, odd names, parents, owners, to the agent')
}

async function resume(check: Check): Promise<void> {
  const target = path.join(check.dir, 'resumed')
  {
    await using killed = startRecover(check.lab, ['extract', HOST, check.lab.disk, '/', '--to', target, '--resume'])
    await waitUntil('some files to be there', 60_000, () => existsSync(path.join(target, 'alice')) || !killed.isRunning, 1)
    killed.kill('SIGKILL')
    await killed.exit()
  }
  await check.extract(['/', '--to', target, '--resume'])
  check.same(check.lab.dates.at(-1)?.copy ?? '', target)
  const again = await check.extract(['/', '--to', target, '--resume'])
  must(again.skipped > 250 && again.failed === 0, `nothing was skipped: ${JSON.stringify(again)}`)
  check.done('a restore that was killed goes on')
}

async function script(check: Check): Promise<void> {
  const { lab, dir } = check
  const target = path.join(dir, 'scripted')
  mkdirSync(target)
  const lines = ['# a comment', 'sethost client', 'pwd', `lcd ${target}`, 'cd alice', 'ls', 'addx *.odt "b c"', 'add ../zlink', 'deletex *.odt', 'list', 'extract', 'list', `setdate ${lab.dates[0]?.run}`, 'cat report.odt', 'history', 'quit', 'rubbish']
  const good = await recover(lab, [], { input: `${lines.join('\n')}\n` })
  must(good.status === 0, `the script ended with ${good.status}: ${good.stderr} ${good.stdout}`)
  must(/^added 3$/m.test(good.stdout) && /^deleted 2$/m.test(good.stdout) && /^one\nsethost|^one$/m.test(good.stdout), `the script said ${good.stdout}`)
  must(readdirSync(target).toSorted().join() === 'alice,zlink' && readdirSync(path.join(target, 'alice')).join() === 'b c', 'the script extracted something else')
  const bad = await recover(lab, ['--host', HOST], { input: 'cd nowhere\nextract --to /never\n' })
  must(bad.status === 66 && !existsSync('/never'), `a script that fails ended with ${bad.status}`)
  must((await recover(lab, ['--host', 'nobody'], { input: '' })).status === 66, 'a host that is not there')
  must((await recover(lab, ['--host', HOST], { input: 'ls "x\n' })).status === 64, 'a quote without end')
  check.done('scripts on standard input')
}

async function terminal(check: Check): Promise<void> {
  const { lab, dir } = check
  const state = path.join(dir, 'xdg')
  // Completes `ca` and a path, edits a line, drops one with Ctrl-C, goes back in the history, and leaves with Ctrl-D.
  const typed: readonly TypedKeys[] = [
    ['ca', 'ca'], ['\t', 't '], ['alice/rep', 'alice/rep'], ['\t', 'ort.odt'], ['\n', '/> '],
    ['pwx', 'pwx'], ['\b', ''], ['d', 'd'], ['\n', '/> '],
    ['rubbish', 'rubbish'], ['\x03', '/> '],
    ['cd al', 'cd al'], ['\t', 'ice/'], ['\n', '/alice> '],
    ['cat b', 'cat b'], ['\t', ' c'], ['\n', '/alice> '],
    ['\x10', 'cat b'], ['\n', '/alice> '], ['\x04', ''],
  ]
  const text = await typeAtShell(lab, ['--host', HOST], '/> ', typed, { XDG_STATE_HOME: state })
  must(text.includes('one\r\ntwo'), `cat with completion: ${JSON.stringify(text.slice(-3000))}`)
  must(text.includes('blank\r\n') && text.includes('/alice> '), `completion of a blank, or the prompt: ${JSON.stringify(text.slice(-3000))}`)
  must(!text.includes('there is no command'), `Ctrl-C did not drop the line: ${JSON.stringify(text.slice(-3000))}`)
  const history = readFileSync(path.join(state, 'holdfast', 'recover-history'), 'utf8')
  must(history.startsWith('cat alice/report.odt\npwd\ncd alice/\n'), `history: ${history}`)
  check.done('the shell at a terminal: editing, completion, Ctrl-C, history')
}

async function unprivileged(check: Check): Promise<void> {
  const { lab, dir } = check
  await lab.lab[Symbol.asyncDispose]()
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, lab.lab.dir])
  const target = path.join(dir, 'nobody')
  mkdirSync(target)
  chownSync(target, NOBODY, NOBODY)
  execFileSync('chmod', ['755', path.dirname(dir), dir])
  const result = await recover(lab, ['extract', HOST, lab.disk, '/alice', '--to', target, '--existing', 'keep', '--json'], { prefix: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'], environment: { HOME: dir } })
  must(result.status === 0 || result.status === 2, `as nobody: ${result.status} ${result.stderr} ${result.stdout}`)
  const counts = JSON.parse(result.stdout) as Counts
  must(counts.failed === 0, `as nobody: ${result.stdout}`)
  check.same(path.join(lab.dates.at(-1)?.copy ?? '', 'alice'), path.join(target, 'alice'), { owners: false })
  check.done('a restore without root')
}

async function run(context: CaseContext): Promise<string> {
  const applications = APPLICATIONS.filter((application) => context.parts.includes(application) || context.parts.includes('all'))
  if (applications.length === 0) applications.push('archive')
  let count = 0
  for (const application of applications) {
    const dir = path.join(context.dir, application)
    await using lab = await startRecoverLab(dir, application)
    const check = new Check(lab, dir, (text) => context.note(`${application}: ${text}`))
    // Each part has targets of its own.
    await Promise.all([[listings, script], [policies, options, terminal], [resume, everyDate]].map(async (parts) => {
      for (const part of parts) await part(check)
    }))
    await unprivileged(check)
    count += check.count
  }
  return `${count} parts of recovery agree with copies of the disk, dumped by ${applications.join(' and ')}`
}

export const integrationCase: IntegrationCase = {
  name: 'recover',
  summary: 'browse and recover a disk at three dates, by command, script and shell (dumped by archive; :gnutar or :all)',
  needs: ['tar', 'script', 'setpriv'],
  needsRoot: true,
  timeoutMs: 900_000,
  run,
}
