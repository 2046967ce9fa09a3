import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { installNames, nameScript, removeNames } from './amanda-names.ts'

const NAMES = ['amadmin', 'amdump']

test('the programs pass on what they are given, also from a path with blanks and quotes', async () => {
  const prefix = mkdtempSync(path.join(tmpdir(), 'holdfast-names-'))
  const launch = path.join(prefix, "it's here")
  writeFileSync(launch, '#!/bin/sh\nprintf "<%s>" "$@"\n', { mode: 0o755 })
  assert.deepEqual((await installNames(nodeDisk, { prefix, names: NAMES, launch: [launch], isForced: false })).installed, NAMES)
  assert.equal(statSync(`${prefix}/sbin/amdump`).mode & 0o777, 0o755)
  assert.equal(execFileSync(`${prefix}/sbin/amadmin`, ['Daily Set', '$HOME', '']).toString(), '<amadmin><Daily Set><$HOME><>')
  rmSync(prefix, { recursive: true })
})

test('what is somebody else\'s stays, and then nothing is installed; ours are replaced and removed', async () => {
  const prefix = mkdtempSync(path.join(tmpdir(), 'holdfast-names-'))
  mkdirSync(`${prefix}/sbin`)
  symlinkSync('/bin/true', `${prefix}/sbin/amdump`)
  const order = { prefix, names: NAMES, launch: ['/bin/echo'], isForced: false }
  await assert.rejects(installNames(nodeDisk, order), { code: 'usage-wrong', message: /amdump is there/ })
  assert.deepEqual(readdirSync(`${prefix}/sbin`), ['amdump'])
  assert.deepEqual((await removeNames(nodeDisk, prefix, NAMES)).installed, [])
  await installNames(nodeDisk, { ...order, isForced: true })
  await installNames(nodeDisk, { ...order, launch: ['/bin/cat'] })
  assert.ok(nameScript('amdump', ['/bin/cat']).startsWith('#!/bin/sh\n'))
  assert.deepEqual((await removeNames(nodeDisk, prefix, NAMES)).installed, NAMES)
  assert.ok(!existsSync(`${prefix}/sbin/amdump`))
  rmSync(prefix, { recursive: true })
})
