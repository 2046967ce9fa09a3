import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { restoredName } from './restored-name.ts'

test('names are those of stock Amanda', () => {
  const dump = { host: 'localhost', disk: '/srv/my disk', datestamp: '20261127154649', level: 0 }
  assert.equal(restoredName(dump, undefined, ''), 'localhost._srv_my disk.20261127154649.0')
  assert.equal(restoredName(dump, 12, '.gz'), 'localhost._srv_my disk.20261127154649.0.0000012.gz')
})

test('no header leads out of the directory, or makes a name that no file can have', () => {
  const hostile = fc.oneof(fc.constantFrom('..', '../..', '/etc/passwd', '.', String.raw`..\..`), fc.string({ unit: 'binary', maxLength: 300 }))
  fc.assert(
    fc.property(hostile, hostile, fc.nat(400), (host, disk, level) => {
      const name = restoredName({ host, disk, datestamp: '20261127154649', level }, undefined, '')
      assert.ok(!/[/\\]/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255, name)
      assert.ok(name.endsWith(`.20261127154649.${level}`))
    }),
  )
})
