import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { parseServerConfig } from '../../config/server-config.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { nodeProcesses } from '../../kernel/node-processes.ts'
import type { DumpReport } from '../dumper/contract.ts'
import { dleOfEntry } from '../dumper/dle-of-entry.ts'
import { RunScripts } from './run-scripts.ts'
import type { ServerScriptDoors } from './server-scripts.ts'

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const GOOD: DumpReport = { kind: 'failed', fault: new Fault('agent-error', 'stands for any report'), lines: ['| of the client'], bytes: 1, isVolumeFault: false }
let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-run-scripts-'))
  mkdirSync(path.join(dir, 'scripts'), { mode: 0o755 })
})
after(() => rmSync(dir, { recursive: true, force: true }))
beforeEach(() => rmSync(path.join(dir, 'trace'), { force: true }))

function put(name: string, body = ''): void {
  const file = path.join(dir, 'scripts', name)
  writeFileSync(file, `#!/bin/sh\n[ "$1" = support ] && { echo EXECUTE-WHERE YES; exit 0; }\necho "${name} $*" >> '${dir}/trace'\n${body}\n`)
  chmodSync(file, 0o755)
}

function traced(): string[] {
  return existsSync(path.join(dir, 'trace')) ? readFileSync(path.join(dir, 'trace'), 'utf8').split('\n').slice(0, -1) : []
}

function configOf(scripts: string, isAllowed = true): ResolvedConfig {
  const text = `name: daily\nstorage: {directory: /v}\n${isAllowed ? `directories: {scripts: "${dir}/scripts"}\nlimits: {script-timeout: 20 s}\n` : ''}dumptypes: {with: {scripts: ${scripts}}}\nhosts:\n  one: {dumptype: with, disks: [/a, /b]}\n  two: {dumptype: with, disks: [/a]}\n`
  const parsed = parseServerConfig(text, 'holdfast.yaml', DIRECTORIES)
  assert.ok(parsed.kind === 'config', JSON.stringify(parsed))
  return parsed.config
}

function doorsOf(config: ResolvedConfig): ServerScriptDoors {
  return { clock: systemClock, disk: nodeDisk, processes: nodeProcesses, log: silentLog, config, userId: process.getuid?.() }
}

const signal = new AbortController().signal

test('a run has its scripts around it, a host around its first dump and the end, a disk around each', async () => {
  put('one')
  const config = configOf('[{plugin: one, execute-where: server, properties: {colour: [red, blue]}, execute-on: [pre-backup, post-backup, pre-host-backup, post-host-backup, pre-dle-backup, post-dle-backup]}]')
  const entries = config.disklist
  const scripts = new RunScripts(doorsOf(config), '20260101000000')
  await scripts.around('backup', entries, signal, async () => {
    for (const entry of entries) await scripts.aroundDump(entry, entries.filter(({ host }) => host === entry.host), 1, signal, () => Promise.resolve(GOOD))
  })
  const words = traced().map((line) => / (\S+) .*--host (\S+) --disk (\S+)/.exec(line)?.slice(1).join(' '))
  assert.deepEqual(words, ['PRE-BACKUP one /a', 'PRE-HOST-BACKUP one /a', 'PRE-DLE-BACKUP one /a', 'POST-DLE-BACKUP one /a', 'PRE-DLE-BACKUP one /b', 'POST-DLE-BACKUP one /b', 'PRE-HOST-BACKUP two /a', 'PRE-DLE-BACKUP two /a', 'POST-DLE-BACKUP two /a', 'POST-HOST-BACKUP one /a', 'POST-HOST-BACKUP two /a', 'POST-BACKUP one /a'])
  assert.equal(traced()[2], 'one PRE-DLE-BACKUP --execute-where server --config daily --host one --disk /a --device /a --level 1 --colour red --colour blue')
})

test('a script that fails before a dump prevents it, and the one after runs; what they print is in the report', async () => {
  put('bad', 'echo "at $1"; [ "$1" != PRE-DLE-BACKUP ] || { echo "no room" >&2; exit 1; }')
  const config = configOf('[{plugin: bad, execute-where: server, execute-on: [pre-dle-backup, post-dle-backup]}]')
  const [entry] = config.disklist
  assert.ok(entry !== undefined)
  const scripts = new RunScripts(doorsOf(config), '20260101000000')
  const report = await scripts.aroundDump(entry, [entry], 0, signal, () => assert.fail('it was dumped'))
  assert.ok(report.kind === 'failed' && report.fault.code === 'script-failed')
  assert.deepEqual(report.lines, ['| at PRE-DLE-BACKUP', "? Script 'bad' command 'PRE-DLE-BACKUP': no room", '| at POST-DLE-BACKUP'])
  put('bad', '[ "$1" = PRE-DLE-BACKUP ] || echo hm >&2')
  const strange = await scripts.aroundDump(entry, [entry], 0, signal, () => Promise.resolve(GOOD))
  assert.deepEqual(strange.lines, ['| of the client', "? Script 'bad' command 'POST-DLE-BACKUP': hm"])
})

test('a run that is cancelled or fails has its scripts after it all the same', async () => {
  put('one')
  const config = configOf('[{plugin: one, execute-where: server, execute-on: [pre-estimate, post-estimate, pre-dle-estimate, post-dle-estimate]}]')
  const scripts = new RunScripts(doorsOf(config), '20260101000000')
  const controller = new AbortController()
  await assert.rejects(
    scripts.around('estimate', config.disklist.slice(0, 1), controller.signal, () => {
      controller.abort()
      return Promise.reject(new Fault('cancelled', 'as asked'))
    }),
    /as asked/,
  )
  assert.deepEqual(traced().map((line) => line.split(' ')[1]), ['PRE-ESTIMATE', 'PRE-DLE-ESTIMATE', 'POST-DLE-ESTIMATE', 'POST-ESTIMATE'])
})

test('the server runs no script without a directory for them, and clients are told only of their own', async () => {
  put('one')
  const config = configOf('[{plugin: late, order: 7000, execute-on: [post-dle-backup]}, {plugin: one, execute-where: server, execute-on: [pre-dle-backup]}, {plugin: early, execute-on: [pre-dle-backup, post-dle-backup], properties: {size: 5G}}]', false)
  const [entry] = config.disklist
  assert.ok(entry !== undefined)
  const report = await new RunScripts(doorsOf(config), '20260101000000').aroundDump(entry, [entry], 0, signal, () => assert.fail('it was dumped'))
  assert.ok(report.kind === 'failed' && report.fault.code === 'script-not-permitted')
  assert.deepEqual(traced(), [])
  assert.deepEqual(dleOfEntry(entry, [0]).scripts, [
    { plugin: 'early', executeWhere: 'CLIENT', executeOn: 'PRE-DLE-BACKUP,POST-DLE-BACKUP', properties: [{ name: 'size', values: ['5G'] }] },
    { plugin: 'late', executeWhere: 'CLIENT', executeOn: 'POST-DLE-BACKUP', properties: [] },
  ])
})
