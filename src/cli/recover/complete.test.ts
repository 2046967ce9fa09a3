import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeLine, type CompletionWords, type NameHint } from './complete.ts'
import { parseWords } from './words.ts'

const TREE: Readonly<Record<string, readonly NameHint[]>> = {
  '/': [
    { name: 'alice', isDirectory: true },
    { name: 'a file', isDirectory: false },
    { name: 'caf\xc3\xa9', isDirectory: false },
    { name: 'odd\xff\n', isDirectory: false },
    { name: "it's", isDirectory: false },
  ],
  '/alice': [
    { name: 'notes', isDirectory: true },
    { name: 'notes.txt', isDirectory: false },
  ],
}

const source: CompletionWords = {
  hosts: () => Promise.resolve(['laptop', 'desk', 'lamp']),
  disks: () => Promise.resolve(['/home', '/srv/my data']),
  dates: () => Promise.resolve(['2026-11-23', '2026-11-24']),
  agents: () => Promise.resolve(['desk']),
  names: (directory) => (TREE[directory] === undefined ? Promise.reject(new Error('no such directory')) : Promise.resolve(TREE[directory])),
  localNames: (directory) => Promise.resolve([{ name: directory.length > 4 ? 'deep' : 'x', isDirectory: true }]),
  directory: '/',
  localDirectory: '/tmp',
}

const hits = async (line: string, more: Partial<CompletionWords> = {}): Promise<readonly string[]> => (await completeLine(line, { ...source, ...more })).hits

test('commands, hosts, disks, dates and options', async () => {
  assert.deepEqual(await hits('ver'), ['versions '])
  assert.deepEqual(await completeLine('  host la', source), { hits: ['lamp ', 'laptop '], replaced: 'la' })
  assert.deepEqual(await hits('sethost d'), ['desk '])
  assert.deepEqual(await hits('disk /s'), [String.raw`/srv/my\ data `])
  assert.deepEqual(await hits('date 2026-11-24'), ['2026-11-24 '])
  assert.deepEqual(await hits('extract --ex'), ['--exclude ', '--existing '])
  assert.deepEqual(await hits('extract --existing r'), ['refuse ', 'replace '])
  assert.deepEqual(await hits('extract --to-agent '), ['desk '])
  assert.deepEqual(await hits('help cl'), ['clear '])
  assert.deepEqual(await hits('diff 2026-11-23 2026-11-2'), ['2026-11-23 ', '2026-11-24 '])
  assert.deepEqual(await hits('host laptop '), [])
  assert.deepEqual(await hits('rubbish x'), [])
  assert.deepEqual(await hits('ls # ali'), [])
  assert.deepEqual(await hits('ls ali\\'), [])
})

test('paths, with their directories', async () => {
  assert.deepEqual(await hits('ls al'), ['alice/'])
  assert.deepEqual(await completeLine('ls -l /alice/no', source), { hits: ['/alice/notes/', '/alice/notes.txt '], replaced: '/alice/no' })
  assert.deepEqual(await hits('ls no', { directory: '/alice' }), ['notes/', 'notes.txt '])
  assert.deepEqual(await hits('add alice/notes ../al', { directory: '/alice' }), ['../alice/'])
  assert.deepEqual(await hits('diff 2026-11-23 2026-11-24 al'), ['alice/'])
  assert.deepEqual(await hits('ls /nothing/x'), [])
  assert.deepEqual(await hits('lcd '), ['x/'])
  assert.deepEqual(await hits('extract --to sub/'), ['sub/deep/'])
})

test('what is completed means the name, in and out of quotes', async () => {
  for (const start of ['', '"', "'"]) {
    for (const { name, isDirectory } of TREE['/'] ?? []) {
      const { hits: found, replaced } = await completeLine(`cat ${start}`, source)
      assert.equal(replaced, start)
      const meant = found.map((hit) => {
        const closed = isDirectory && start !== '' ? `${hit}${start}` : hit
        return hit.endsWith('/') === isDirectory ? parseWords(closed)[0]?.text : undefined
      })
      assert.ok(meant.includes(isDirectory ? `${name}/` : name), `${start}: ${name}`)
    }
  }
})
