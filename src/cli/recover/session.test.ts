import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runId } from '../../catalog/ids.ts'
import { parseCommand } from './parse-command.ts'
import { groupWanted, listText, pathFrom, patternFrom, promptOf, startSession, withAdded, withDate, withDirectory, withDisk, withHost, without, type WantedName } from './session.ts'
import { literalGlob } from '../../restore/recover/glob.ts'
import { SHELL_COMMANDS, usageOf } from './syntax.ts'

const RUN = runId('20261123220906')
const name = (path: string, isDirectory = false): WantedName => ({ host: 'laptop', disk: '/home', run: RUN, path, isDirectory })

test('the prompt says where one is', () => {
  let session = startSession('/tmp')
  assert.equal(promptOf(session), 'holdfast> ')
  session = withHost(session, 'laptop')
  assert.equal(promptOf(session), 'laptop> ')
  session = withDirectory(withDisk(session, '/home', RUN), '/alice/odd\n\xff')
  assert.equal(promptOf(session), String.raw`laptop:/home 2026-11-23 22:09:06 /alice/odd\012\377> `)
  assert.equal(withDate(session, undefined, undefined).run, undefined)
  assert.equal(withDisk(session, '/etc', RUN).directory, '/')
})

test('paths and globs from where one is', () => {
  const session = withDirectory(startSession('/'), '/a*b/c')
  assert.equal(pathFrom(session, '../../..'), '/')
  assert.equal(pathFrom(session, 'x/./y'), '/a*b/c/x/y')
  assert.equal(pathFrom(session, '/z//'), '/z')
  assert.equal(patternFrom(session, '*.o', literalGlob), String.raw`/a\*b/c/*.o`)
  assert.equal(patternFrom(session, '/x/*', literalGlob), '/x/*')
})

test('the list holds each name once, by disk and run', () => {
  const first = withAdded(startSession('/'), [name('/a'), name('/b', true)])
  assert.equal(first.count, 2)
  const second = withAdded(first.session, [name('/a'), { ...name('/a'), disk: '/etc' }])
  assert.equal(second.count, 1)
  assert.equal(listText(first.session), 'laptop:/home  2026-11-23 22:09:06  /a\nlaptop:/home  2026-11-23 22:09:06  /b/\n')
  assert.deepEqual(groupWanted(second.session.wanted).map(({ disk, paths }) => ({ disk, paths })), [{ disk: '/home', paths: ['/a', '/b'] }, { disk: '/etc', paths: ['/a'] }])
  const gone = without(second.session, ({ path }) => path === '/a')
  assert.deepEqual([gone.count, gone.session.wanted.map(({ path }) => path)], [2, ['/b']])
  assert.throws(() => withAdded(startSession('/'), Array.from({ length: 100_001 }, (_, index) => name(`/${index}`))), { code: 'usage-wrong' })
})

test('commands and aliases are parsed', () => {
  assert.equal(parseCommand('  '), undefined)
  assert.equal(parseCommand('# nothing'), undefined)
  assert.equal(parseCommand('setdisk /home')?.command.name, 'disk')
  const extract = parseCommand("extract --existing keep --exclude '*.o' --exclude=*.a a -- -b")
  assert.deepEqual(extract?.args.map(({ text }) => text), ['a', '-b'])
  assert.deepEqual(extract?.options.get('--exclude')?.map(({ pattern }) => pattern), [String.raw`\*.o`, '*.a'])
  assert.equal(extract?.options.get('--existing')?.[0]?.text, 'keep')
  assert.deepEqual(parseCommand('find -size -1k -l')?.options.get('-size')?.[0]?.text, '-1k')
  assert.deepEqual(parseCommand('date 3 d ago')?.args.map(({ text }) => text), ['3', 'd', 'ago'])
})

test('what is wrong with a line is said', () => {
  for (const line of ['rubbish', 'host', 'host a b', 'ls -x', 'find -name', 'extract --existing maybe', 'extract --resume=1', 'extract --to a --to b', 'pwd x', 'cat "x']) assert.throws(() => parseCommand(line), { code: 'usage-wrong' }, line)
  assert.throws(() => parseCommand('verions a'), { code: 'usage-wrong', next: 'Did you mean versions?' })
})

test('no name stands for two commands', () => {
  const names = SHELL_COMMANDS.flatMap(({ name: own, aliases = [] }) => [own, ...aliases])
  assert.equal(new Set(names).size, names.length)
  for (const command of SHELL_COMMANDS) assert.ok(usageOf(command).startsWith(command.name))
})
