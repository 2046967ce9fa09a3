import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogBlock } from './log-block.ts'

function namesOf(text: string): (string | undefined)[] {
  const block = new LogBlock()
  return text.split('\n').map((line) => {
    const { host, disk } = block.push(line)
    return host === undefined ? undefined : `${host}:${disk}`
  })
}

test('what stands below a heading of a run log is of its dump', () => {
  const log = 'STRANGE dumper files /srv 20261126210914 0 [sec 1]\n  ? /bin/tar: ./secret: Warning: Cannot open: Permission denied\nFAIL dumper web "my disk" 20261126210914 0 [x]\n  sendbackup: error [x]\nINFO taper done'
  assert.deepEqual(namesOf(log), ['files:/srv', 'files:/srv', 'web:my disk', 'web:my disk', undefined])
})

test('so it is in mail reports, old ones too', () => {
  assert.deepEqual(namesOf('  /-- web /srv lev 0 STRANGE\n  ? gtar: ./x\n  | y\nNOTES:'), ['web:/srv', 'web:/srv', 'web:/srv', undefined])
  assert.deepEqual(namesOf('? gtar: ./x\n/-- web        /home lev 0 FAILED [/bin/gtar returned 2]\nsendbackup: start [web:/home level 0]\n? gtar: ./x'), [undefined, 'web:/home', 'web:/home', 'web:/home'])
})
