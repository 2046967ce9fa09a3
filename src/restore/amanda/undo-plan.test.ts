import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../kernel/fault.ts'
import { permitPrograms } from '../../stream/permitted-programs.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { headerAfterUndo, planUndo, type UndoChoice, type UndoWhen } from './undo-plan.ts'

const PLAIN: DumpFileHeader = { kind: 'split-file', datestamp: '1', host: 'h', disk: '/d', level: 0, part: { number: 1, total: -1 }, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...' }
const ZIPPED = { ...PLAIN, compress: '.gz', uncompressCommand: '/bin/gzip -dc |' }
const SEALED = { ...ZIPPED, isEncrypted: true, serverEncrypt: '/sbin/enc', serverDecryptOption: '-d', decryptCommand: '/sbin/enc -d |' }
const ALL: UndoChoice = { decrypt: 'always', decompress: 'always', compress: 'none' }
const PERMITS = permitPrograms([], ['/sbin/enc', '/sbin/zip'])

test('decryption comes before decompression', () => {
  const { decrypt, decompress, compress, isNative } = planUndo(SEALED, ALL, PERMITS)
  assert.deepEqual([decrypt, decompress, compress, isNative], [['/sbin/enc', '-d'], ['/bin/gzip', '-dc'], undefined, true])
})

test('each side undoes its own, and what stays encrypted stays compressed', () => {
  const onServer = { ...ZIPPED, dleXml: '<dle>\n  <compress>SERVER-FAST</compress>\n</dle>' }
  const isUndone = (header: DumpFileHeader, decompress: UndoWhen): boolean => planUndo(header, { ...ALL, decompress }, PERMITS).decompress !== undefined
  assert.deepEqual((['always', 'never', 'server', 'client'] as const).map((when) => [isUndone(ZIPPED, when), isUndone(onServer, when)]), [[true, true], [false, false], [false, true], [true, false]])
  const held = planUndo(SEALED, { ...ALL, decrypt: 'client' }, PERMITS)
  assert.deepEqual([held.decrypt, held.decompress, held.isHeldBack, held.isNative], [undefined, undefined, true, false])
})

test('what is compressed already is not compressed again', () => {
  assert.deepEqual(planUndo(PLAIN, { ...ALL, compress: 'best' }, PERMITS).compress, ['/bin/gzip', '--best'])
  const plan = planUndo(ZIPPED, { ...ALL, compress: 'fast' }, PERMITS)
  assert.deepEqual([plan.compress, plan.decompress], [undefined, undefined])
})

test('a program that nobody permitted does not run, whatever the header says', () => {
  const refused = (header: DumpFileHeader): void => assert.throws(() => planUndo(header, ALL, PERMITS), (error) => error instanceof Fault && error.code === 'program-refused' && error.next.includes('--allow-program'))
  refused({ ...ZIPPED, compress: 'cust', serverCustomCompress: '/usr/bin/python3' })
  refused({ ...ZIPPED, compress: 'cust', clientCustomCompress: 'sh' })
  refused({ ...PLAIN, isEncrypted: true, clientEncrypt: '/bin/sh', clientDecryptOption: '-s' })
  assert.throws(() => planUndo({ ...PLAIN, isEncrypted: true }, ALL, PERMITS), /names no program/)
  assert.throws(() => planUndo({ ...PLAIN, compress: 'cust' }, ALL, PERMITS), /names no program/)
})

test('the header that is written says what the bytes are now', () => {
  const plan = planUndo(SEALED, ALL, PERMITS)
  const fetched = headerAfterUndo(SEALED, plan, 'compress-programs')
  assert.deepEqual([fetched.compress, fetched.uncompressCommand, fetched.isEncrypted, fetched.serverEncrypt], ['N', '', false, '/sbin/enc'])
  assert.equal(headerAfterUndo(SEALED, plan, 'crypt-programs').serverEncrypt, undefined)
  const custom = { ...ZIPPED, compress: 'cust', clientCustomCompress: '/sbin/zip' }
  const undone = planUndo(custom, ALL, PERMITS)
  assert.equal(headerAfterUndo(custom, undone, 'compress-programs').clientCustomCompress, undefined)
  assert.equal(headerAfterUndo(custom, undone, 'crypt-programs').clientCustomCompress, '/sbin/zip')
  assert.equal(headerAfterUndo(PLAIN, planUndo(PLAIN, { ...ALL, compress: 'fast' }, PERMITS), 'compress-programs').compress, '.gz')
})
