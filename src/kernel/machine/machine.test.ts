import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { programsOf } from '../../../testkit/program-answers.ts'
import { systemClock } from '../clock.ts'
import type { Disk, DiskSpace } from '../disk.ts'
import { nodeDisk } from '../node-disk.ts'
import { directoryFindings, isMountedReadOnly, keyFileFindings } from './directory-health.ts'
import { firstLineOf } from './program-line.ts'
import { clockFindings, memoryFindings, openFilesFindings } from './resources.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-machine-'))
})
after(() => rm(dir, { recursive: true }))

const codes = (findings: readonly { readonly code: string }[]): string[] => findings.map(({ code }) => code)
const never = new AbortController().signal

/** The machine's disk, with room as it is told. */
const withSpace = (space: Partial<DiskSpace>): Disk => ({ ...nodeDisk, space: () => Promise.resolve({ totalBytes: 1000, freeBytes: 1000, ...space }) })

test('a directory is short of bytes, of inodes, gone, or a file', async () => {
  const look = async (disk: Disk, directory = dir): Promise<string[]> => codes(await directoryFindings(disk, { directory, freeBytesMin: 500, use: 'tests' }))
  assert.deepEqual(await look(withSpace({})), [])
  assert.deepEqual(await look(withSpace({ freeBytes: 499 })), ['space-low'])
  assert.deepEqual(await look(withSpace({ totalInodes: 1_000_000, freeInodes: 999 })), ['inodes-low'])
  assert.deepEqual(await look(withSpace({ totalInodes: 1_000_000, freeInodes: 1000 })), [])
  assert.deepEqual(await look(withSpace({ totalInodes: 8, freeInodes: 0 })), ['inodes-low'])
  assert.deepEqual(await look(withSpace({ totalInodes: 8, freeInodes: 1 })), [], 'a small file system is not short of inodes because it is small')
  assert.deepEqual(await look(withSpace({}), `${dir}/nowhere`), ['directory-missing'])
  await writeFile(`${dir}/file`, '')
  assert.deepEqual(await look(withSpace({}), `${dir}/file`), ['directory-missing'])
})

test('a directory into which others may write, and a key file that others may read', async () => {
  const open = path.join(dir, 'open')
  await mkdir(open)
  await chmod(open, 0o777)
  const needs = { directory: open, freeBytesMin: 0, use: 'tests' }
  assert.deepEqual(codes(await directoryFindings(nodeDisk, { ...needs, isPrivate: true })), ['directory-open'])
  assert.deepEqual(codes(await directoryFindings(nodeDisk, needs)), [])
  await chmod(open, 0o755)
  assert.deepEqual(codes(await directoryFindings(nodeDisk, { ...needs, isPrivate: true })), [])
  const key = path.join(dir, 'key.json')
  await writeFile(key, '{}', { mode: 0o600 })
  assert.deepEqual(codes(await keyFileFindings(nodeDisk, key)), [])
  await chmod(key, 0o640)
  assert.deepEqual(codes(await keyFileFindings(nodeDisk, key)), ['key-file-open'])
  assert.deepEqual(codes(await keyFileFindings(nodeDisk, `${key}.gone`)), [])
})

test('the mount that holds a directory says whether it may be written', () => {
  const mounts = 'none / ext4 rw,relatime 0 0\n/dev/b /srv ext4 ro,relatime 0 0\n/dev/c /srv/with\\040blank xfs rw 0 0\n/dev/d /two ext4 ro 0 0\n/dev/e /two ext4 rw 0 0\n'
  assert.equal(isMountedReadOnly(mounts, '/home'), false)
  assert.equal(isMountedReadOnly(mounts, '/srv'), true)
  assert.equal(isMountedReadOnly(mounts, '/srv/volumes'), true)
  assert.equal(isMountedReadOnly(mounts, '/srvother'), false)
  assert.equal(isMountedReadOnly(mounts, '/srv/with blank/x'), false)
  assert.equal(isMountedReadOnly(mounts, '/two/x'), false, 'the later mount lies above')
  assert.equal(isMountedReadOnly('rubbish\n\n', '/x'), false)
})

test('memory and open files are told when they are short, and nothing where the system does not say', () => {
  assert.deepEqual(codes(memoryFindings('MemTotal:  1000 kB\nMemAvailable:    1000 kB\n')), ['memory-short'])
  assert.deepEqual(memoryFindings('MemAvailable: 9000000 kB\n'), [])
  assert.deepEqual(memoryFindings(undefined), [])
  const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 4096                 files\n`
  assert.deepEqual(codes(openFilesFindings(limits('256'))), ['open-files-low'])
  assert.deepEqual(openFilesFindings(limits('1024')), [])
  assert.deepEqual(openFilesFindings(limits('unlimited')), [])
  assert.deepEqual(openFilesFindings(undefined), [])
})

test('a clock that no program vouches for is not complained of', async () => {
  const systemd = 'timedatectl show --property=NTPSynchronized --value'
  const look = async (answers: Readonly<Record<string, string>>): Promise<string[]> => codes(await clockFindings(programsOf(answers), systemClock, never))
  assert.deepEqual(await look({ [systemd]: 'yes\n' }), [])
  assert.deepEqual(await look({ [systemd]: 'no\n' }), ['clock-unsynchronised'])
  assert.deepEqual(await look({ 'chronyc -n tracking': 'Reference ID : 0\nLeap status     : Not synchronised\n' }), ['clock-unsynchronised'])
  assert.deepEqual(await look({ 'chronyc -n tracking': 'Leap status     : Normal\n' }), [])
  assert.deepEqual(await look({ [systemd]: 'System has not been booted with systemd\n' }), [])
  assert.deepEqual(await look({}), [])
})

test('the first line that matches is what a program says; one that is not there says nothing', async () => {
  const programs = programsOf({ 'tar --version': 'tar (GNU tar) 1.35\nCopyright\n' })
  assert.equal(await firstLineOf(programs, ['tar', '--version'], /./, never), 'tar (GNU tar) 1.35')
  assert.equal(await firstLineOf(programs, ['tar', '--version'], /Copyright/, never), 'Copyright')
  assert.equal(await firstLineOf(programs, ['tar', '--version'], /bsdtar/, never), undefined)
  assert.equal(await firstLineOf(programs, ['bsdtar', '--version'], /./, never), undefined)
})
