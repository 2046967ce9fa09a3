import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { readAll, sourceOf, type ByteSource } from '../kernel/byte-stream.ts'
import { createBytePipe } from '../kernel/byte-pipe.ts'
import { Fault } from '../kernel/fault.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { RunningCrc32c } from './crc32c.ts'
import { filtersAt, headerFilterFields, undoFilters, type CompressChoice, type EncryptChoice } from './dump-filters.ts'
import { permitPrograms } from './permitted-programs.ts'
import { startFilter, startFilters, type FilterSpec } from './filter.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'

const LIMIT = 64 * 1024 * 1024
const PLAIN = Buffer.concat([Buffer.alloc(700_000, 'text that repeats '), randomBytes(300_000)])
const UNDO: readonly (readonly [FilterSpec, FilterSpec])[] = [
  [{ kind: 'zstd', level: 1 }, { kind: 'unzstd' }],
  [{ kind: 'gzip', level: 1 }, { kind: 'gunzip' }],
  [{ kind: 'program', argv: ['/bin/gzip', '-c'] }, { kind: 'program', argv: ['/bin/gzip', '-dc'] }],
]

function pieces(bytes: Buffer): ByteSource {
  return sourceOf(bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000))
}

test('CRC-32C has the known values in Amanda\'s form', () => {
  const crc = new RunningCrc32c()
  assert.equal(crc.text(), '00000000:0')
  crc.update(Buffer.from('1234'))
  crc.update(Buffer.from('56789'))
  assert.equal(crc.text(), 'e3069283:9')
})

for (const [apply, undo] of UNDO) {
  test(`${apply.kind} ${apply.kind === 'program' ? apply.argv.join(' ') : ''} and its undo give the bytes back`, async () => {
    const both = await startFilters(pieces(PLAIN), [apply, undo], nodeProcesses)
    assert.ok(PLAIN.equals(await readAll(both.output, LIMIT)))
    const once = await readAll((await startFilter(pieces(PLAIN), apply, nodeProcesses)).output, LIMIT)
    assert.ok(once.length < PLAIN.length / 2)
    const cut = await startFilter(sourceOf(once.subarray(0, once.length - 9)), undo, nodeProcesses)
    await assert.rejects(readAll(cut.output, LIMIT), (error) => error instanceof Fault && ['filter-failed', 'process-failed'].includes(error.code))
    const garbage = await startFilter(sourceOf(randomBytes(5000)), undo, nodeProcesses)
    await assert.rejects(readAll(garbage.output, LIMIT), (error) => error instanceof Fault && ['filter-failed', 'process-failed'].includes(error.code))
    assert.equal((await readAll((await startFilters(sourceOf(), [apply, undo], nodeProcesses)).output, LIMIT)).length, 0)
  })

  test(`${apply.kind}: the input's fault comes out, and a reader that goes away reaches the input`, async () => {
    const failing = createBytePipe(1 << 20)
    const filter = await startFilter(failing, apply, nodeProcesses)
    await failing.write(randomBytes(1000))
    const reason = new Fault('disk-error', 'the disk is gone')
    failing.fail(reason)
    await assert.rejects(readAll(filter.output, LIMIT), { code: 'disk-error' })

    const endless = createBytePipe(64 * 1024)
    const stopped = await startFilter(endless, apply, nodeProcesses)
    const writing = (async () => {
      for (;;) await endless.write(randomBytes(64 * 1024))
    })()
    assert.ok((await stopped.output.read()) !== null)
    stopped.output.cancel(new Fault('cancelled', 'enough'))
    await assert.rejects(writing, { message: 'enough' })
    await assert.rejects(stopped.output.read(), { message: 'enough' })
  })
}

test('a program that fails, stops reading, is missing or talks', async () => {
  const failing = await startFilter(pieces(PLAIN), { kind: 'program', argv: ['/bin/sh', '-c', 'cat >/dev/null; echo broken >&2; exit 3'] }, nodeProcesses)
  await assert.rejects(readAll(failing.output, LIMIT), { code: 'process-failed', message: 'the filter /bin/sh exited with status 3: broken' })
  const lazy = await startFilter(pieces(Buffer.alloc(4_000_000)), { kind: 'program', argv: ['/bin/sh', '-c', 'head -c 10'] }, nodeProcesses)
  await assert.rejects(readAll(lazy.output, LIMIT), { code: 'filter-failed' })
  await assert.rejects(startFilter(pieces(PLAIN), { kind: 'program', argv: ['/nowhere/filter'] }, nodeProcesses), { code: 'process-missing' })
  const talking = await startFilter(sourceOf('abc'), { kind: 'program', argv: ['/bin/sh', '-c', 'echo odd >&2; cat'] }, nodeProcesses)
  assert.equal(Buffer.from(await readAll(talking.output, LIMIT)).toString(), 'abc')
  assert.deepEqual(talking.strangeLines(), ['odd'])
})

const NO_FILTER = { kind: 'none' } as const
const CHOICES: readonly (readonly [CompressChoice, EncryptChoice])[] = [
  [NO_FILTER, NO_FILTER],
  [{ kind: 'gzip', where: 'client', level: 1 }, NO_FILTER],
  [{ kind: 'zstd', where: 'server', level: 1 }, NO_FILTER],
  [{ kind: 'custom', where: 'client', program: '/bin/gzip' }, { kind: 'custom', where: 'server', program: '/bin/gzip', decryptOption: '-dc' }],
]

const permits = permitPrograms([])

test('a header starts no program that nobody has permitted', () => {
  const header = (fields: Partial<DumpFileHeader>): DumpFileHeader => ({ kind: 'file', datestamp: '20260101000000', host: 'h', disk: '/d', level: 0, program: '/bin/tar', isPartial: false, originalKib: 0, recoverCommand: 'cat', decryptCommand: '', uncompressCommand: '', compress: 'N', isEncrypted: false, ...fields })
  const packed = header({ compress: 'cust', serverCustomCompress: '/tmp/unpack' })
  const secret = header({ isEncrypted: true, clientEncrypt: '/tmp/crypt', clientDecryptOption: '--open' })
  for (const bad of [packed, secret]) assert.throws(() => undoFilters(bad), { code: 'program-refused', next: /--allow-program \/tmp\// })
  // An option of a known program may write files.
  assert.throws(() => undoFilters(header({ isEncrypted: true, serverEncrypt: '/usr/bin/gpg', serverDecryptOption: '--output=/etc/passwd' })), { code: 'program-refused' })
  assert.deepEqual(undoFilters(header({ compress: 'cust', serverCustomCompress: '/usr/bin/xz' })), [{ kind: 'program', argv: ['/usr/bin/xz', '-d'] }])
  const configured = permitPrograms([{ compress: { kind: 'custom', program: '/tmp/unpack' }, encrypt: { kind: 'custom', program: '/tmp/crypt', decryptOption: '--open' } }])
  const allowed = permitPrograms([], ['/tmp/unpack', '/tmp/crypt'])
  for (const permit of [configured, allowed]) {
    assert.deepEqual(undoFilters(packed, permit), [{ kind: 'program', argv: ['/tmp/unpack', '-d'] }])
    assert.deepEqual(undoFilters(secret, permit), [{ kind: 'program', argv: ['/tmp/crypt', '--open'] }])
  }
})

test('what the header says undoes the filters, here and in a shell', async () => {
  for (const [compress, encrypt] of CHOICES) {
    const fields = headerFilterFields(compress, encrypt)
    const header: DumpFileHeader = { kind: 'file', datestamp: '20260101000000', host: 'h', disk: '/d', level: 0, program: '/bin/tar', isPartial: false, originalKib: 0, recoverCommand: 'cat', ...fields }
    const stored = await readAll((await startFilters(pieces(PLAIN), [...filtersAt('client', compress, encrypt), ...filtersAt('server', compress, encrypt)], nodeProcesses)).output, LIMIT)
    const back = await readAll((await startFilters(sourceOf(stored), undoFilters(header, permits), nodeProcesses)).output, LIMIT)
    assert.ok(PLAIN.equals(back))
    const shell = execFileSync('/bin/sh', ['-c', `${fields.decryptCommand} ${fields.uncompressCommand} cat`], { input: stored, maxBuffer: LIMIT })
    assert.ok(PLAIN.equals(shell))
  }
  assert.throws(() => filtersAt('client', { kind: 'gzip', where: 'server', level: 1 }, { kind: 'custom', where: 'client', program: '/x', decryptOption: '-d' }), { code: 'config-invalid' })
})
