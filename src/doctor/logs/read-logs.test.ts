import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { Diagnosis } from '../contract.ts'
import { findLogPlaces } from './amanda-config.ts'
import { diagnoseFiles } from './diagnose-files.ts'
import { findLogFiles } from './find-logs.ts'

const LINE = 'FAIL dumper web /srv 20261124010203 0 [mesg read: Connection reset by peer]\n'

async function diagnoseDir(files: Readonly<Record<string, string | Buffer>>, prepare: (dir: string) => void = () => undefined): Promise<Diagnosis> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-logs-'))
  try {
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
      writeFileSync(path.join(dir, name), bytes)
    }
    const found = await findLogFiles(nodeDisk, [dir])
    prepare(dir)
    return await diagnoseFiles(nodeDisk, found, { nameOf: (file) => path.relative(dir, file) })
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const counts = ({ findings }: Diagnosis): number[] => findings.map(({ count }) => count)

test('text and packed text are read, whatever their size; links below a directory are not read twice', async () => {
  const long = 'an ordinary line of a log\n'.repeat(40_000)
  const result = await diagnoseDir({ a: LINE, 'sub/b.gz': gzipSync(long + LINE), 'sub/c.zst': zstdCompressSync(Buffer.from(LINE)), d: long + LINE, empty: '' }, (dir) => symlinkSync('a', path.join(dir, 'link')))
  assert.deepEqual(counts(result), [4])
  assert.deepEqual([result.files, result.lines, result.notes], [5, 80_004, []])
  assert.deepEqual(result.findings[0]?.evidence.map(({ file, line }) => [file, line]), [['a', 1], ['d', 40_001], ['sub/b.gz', 40_001], ['sub/c.zst', 1]])
})

test('a packed file that was cut off is read as far as it goes, a damaged one too and told', async () => {
  const packed = gzipSync(LINE.repeat(2000))
  const damaged = Buffer.concat([packed, packed.subarray(0, 20), Buffer.alloc(1000, 0xaa)])
  const result = await diagnoseDir({ 'cut.gz': packed.subarray(0, packed.length >> 1), 'damaged.gz': damaged, good: LINE })
  assert.ok((result.findings[0]?.count ?? 0) > 2001)
  assert.deepEqual(result.notes.map(({ file }) => file), ['damaged.gz'])
})

test('what is no log is left out and told, and the others are read', async () => {
  const result = await diagnoseDir({ binary: Buffer.from(Array.from({ length: 4000 }, (_none, index) => index % 256)), volume: `AMANDA: TAPESTART DATE 0\n${LINE}`, 'old.xz': Buffer.from('fd377a585a000000', 'hex'), holes: Buffer.concat([Buffer.alloc(5000), Buffer.from(LINE)]), gone: LINE }, (dir) => rmSync(path.join(dir, 'gone')))
  assert.deepEqual(counts(result), [1])
  assert.deepEqual(result.notes.map(({ file }) => file), ['binary', 'gone', 'old.xz', 'volume'])
  assert.equal(result.noteCount, 4)
})

test('standard input is read like a file', async () => {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(LINE.slice(0, 30)))
    yield Buffer.from(LINE.slice(30))
  }
  assert.deepEqual(counts(await diagnoseFiles(nodeDisk, [{ path: 'standard input', pieces: pieces() }])), [1])
})

test('a name that is not there is said', async () => {
  await assert.rejects(findLogFiles(nodeDisk, ['/nowhere/at/all']), { code: 'file-missing' })
})

test('amanda.conf says where its logs are: the last line counts', () => {
  assert.deepEqual(findLogPlaces('org "x"\nlogdir "/old"\n# logdir "/no"\nLOGDIR "/var/lib/amanda/my \\"logs\\""\nincludefile "../common.conf"\n'), { logDir: '/var/lib/amanda/my "logs"', included: ['../common.conf'] })
  assert.deepEqual(findLogPlaces('logdir logs # here\n'), { logDir: 'logs', included: [] })
})
