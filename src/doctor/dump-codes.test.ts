import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codesOfDump } from './dump-codes.ts'

test('a fault code alone is its kind', () => {
  assert.deepEqual(codesOfDump({ faultCode: 'dump-stalled', message: 'whatever it says' }), ['dump-stalled'])
  assert.deepEqual(codesOfDump({ faultCode: 'agent-error', message: 'something of its own' }), ['agent-reported-error'])
})

test('words of the client say more than the code', () => {
  assert.deepEqual(codesOfDump({ faultCode: 'agent-error', message: '[there is no directory /srv/gone]' }), ['disk-missing'])
  assert.deepEqual(codesOfDump({ faultCode: 'agent-error', message: 'tar was ended by SIGKILL' }), ['program-killed'])
})

test('what a message quotes is not its kind', () => {
  assert.deepEqual(codesOfDump({ faultCode: 'no-volume', message: 'no volume of storage main may be written: slot1: the volume directory /mnt/slot1 is not there; slot2 (main-0002): it is one of the 1 newest volumes' }), ['no-acceptable-volume'])
})

test('a cause that is quoted takes the place of what it brought about', () => {
  assert.deepEqual(codesOfDump({ faultCode: 'no-volume', message: 'no volume of storage main may be written: slot1: the volume directory /mnt/slot1 is not there; slot2: the volume directory /mnt/slot2 is not there' }), ['volume-directory-missing'])
  assert.deepEqual(codesOfDump({ faultCode: 'agent-refused', message: 'laptop refused sendbackup: the agent may not run the encryption program /bin/false: it is not in `filters` of agent.yaml' }), ['agent-does-not-permit'])
})

test('strange lines give the kinds they name, each once; lines nobody knows give none', () => {
  const index = '? the index of this dump is not kept: ENOTDIR: not a directory'
  assert.deepEqual(codesOfDump({ lines: ['? tar: something new of tomorrow', index, index] }), ['index-not-kept'])
  assert.deepEqual(codesOfDump({ lines: ['? tar: something new of tomorrow'] }), [])
  assert.deepEqual(codesOfDump({}), [])
})

test('beside a failure a notice is not told', () => {
  assert.deepEqual(codesOfDump({ lines: ['? the client sent no checksum of its data'] }), ['client-without-checksum'])
  assert.deepEqual(codesOfDump({ faultCode: 'dump-stalled', message: 'nothing came', lines: ['? the client sent no checksum of its data'] }), ['dump-stalled'])
})
