import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VaultDump } from '../../storage/vault/contract.ts'
import { diskPlaceOf } from './disk-place.ts'
import { dumpOfName } from './dump-name.ts'

const dumpsOf = (...places: readonly string[]): VaultDump[] => places.map((place, index) => ({ host: place.split(':')[0], disk: place.split(':')[1], manifest: `${index}abc` }) as unknown as VaultDump)

test('a path is one of the disk that holds it, and a host is only named when it must be', () => {
  const one = dumpsOf('laptop:/home', 'laptop:/home/alice/photos')
  assert.deepEqual(diskPlaceOf(one, ['/home'], 'desk'), { host: 'laptop', disk: '/home', paths: [] })
  assert.deepEqual(diskPlaceOf(one, ['/home/alice/notes', '/home/bob'], 'desk'), { host: 'laptop', disk: '/home', paths: ['/alice/notes', '/bob'] })
  assert.deepEqual(diskPlaceOf(one, ['/home/alice/photos/2026'], 'desk'), { host: 'laptop', disk: '/home/alice/photos', paths: ['/2026'] })
  assert.deepEqual(diskPlaceOf(one, ['laptop', '/home', '/alice'], 'desk'), { host: 'laptop', disk: '/home', paths: ['/alice'] })
  assert.throws(() => diskPlaceOf(one, [], 'desk'), { code: 'usage-wrong' })
  assert.throws(() => diskPlaceOf(one, ['/srv'], 'desk'), { code: 'dump-missing' })
  assert.throws(() => diskPlaceOf(one, ['laptap'], 'desk'), /laptap/)
  const two = dumpsOf('laptop:/home', 'desk:/home')
  assert.equal(diskPlaceOf(two, ['/home'], 'desk').host, 'desk')
  assert.throws(() => diskPlaceOf(two, ['/home'], 'other'), { code: 'usage-wrong' })
  assert.deepEqual(diskPlaceOf(dumpsOf('laptop:/'), ['/etc/fstab'], 'laptop'), { host: 'laptop', disk: '/', paths: ['/etc/fstab'] })
  assert.deepEqual(diskPlaceOf(dumpsOf('laptop:/'), [], 'laptop'), { host: 'laptop', disk: '/', paths: [] })
})

test('a dump is named by the beginning of its name, while there is only one', () => {
  const dumps = dumpsOf('a:/', 'b:/')
  assert.equal(dumpOfName(dumps, '0').manifest, '0abc')
  assert.equal(dumpOfName(dumps.map((dump, index) => ({ ...dump, manifest: `20260101000000-${index}f` })), '1').manifest, '20260101000000-1f')
  assert.equal(dumpOfName(dumps, 'latest').manifest, '0abc')
  assert.throws(() => dumpOfName(dumps, 'x'), { code: 'dump-missing' })
  assert.throws(() => dumpOfName(dumps, ''), { code: 'dump-missing' })
  assert.throws(() => dumpOfName([...dumps, ...dumps].map((dump, index) => ({ ...dump, manifest: `m${index}` })), 'm'), { code: 'usage-wrong' })
})
