import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { parseServerConfig } from '../../../config/server-config.ts'
import type { ResolvedConfig } from '../../../config/resolved.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { nodeDisk } from '../../../kernel/node-disk.ts'
import { serverDirectories } from './directories.ts'
import { nodeFindings, safely } from './host-checks.ts'
import { keepaliveFindings } from './keepalive.ts'
import { programFindings } from './programs.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-host-'))
})
after(() => rm(dir, { recursive: true }))

const codes = (findings: readonly { readonly code: string }[]): string[] => findings.map(({ code }) => code)
const FREE: Disk = { ...nodeDisk, space: () => Promise.resolve({ totalBytes: 2 ** 40, freeBytes: 2 ** 40 }) }

function configOf(more = ''): ResolvedConfig {
  const outcome = parseServerConfig(`storage: {directory: ${dir}/volumes}\nhosts: {a: [/d]}\n${more}`, 'holdfast.yaml', { state: `${dir}/state`, cache: `${dir}/cache`, run: `${dir}/run`, log: `${dir}/log` })
  assert.ok(outcome.kind === 'config', JSON.stringify(outcome.problems))
  return outcome.config
}

test('each directory of a server that is missing is told once, and its key if others may read it', async () => {
  assert.deepEqual(codes(await serverDirectories(FREE, configOf())), Array.from({ length: 6 }, () => 'directory-missing'))
  for (const name of ['state/holding', 'cache', 'run', 'log', 'volumes']) await mkdir(`${dir}/${name}`, { recursive: true, mode: 0o700 })
  assert.deepEqual(await serverDirectories(FREE, configOf()), [])
  await writeFile(`${dir}/state/server-key.json`, '{}', { mode: 0o644 })
  await chmod(`${dir}/state`, 0o770)
  assert.deepEqual(codes(await serverDirectories(FREE, configOf())), ['directory-open', 'key-file-open'])
  await chmod(`${dir}/state`, 0o700)
  await chmod(`${dir}/state/server-key.json`, 0o600)
  const full = { ...FREE, space: (at: string) => Promise.resolve({ totalBytes: 1, freeBytes: at.endsWith('/log') ? 1 : 2 ** 40 }) }
  assert.deepEqual((await serverDirectories(full, configOf())).map(({ code, message }) => [code, message.startsWith(`${dir}/log has 0 MiB free`)]), [['space-low', true]])
})

test('programs that the configuration runs on the server must be there and runnable, and not for others to change', async () => {
  const program = `${dir}/encrypt`
  const config = configOf(`dumptypes: {default: {encrypt: {program: ${program}, where: server}}}\n`)
  const look = async (): Promise<string[]> => codes(await programFindings(nodeDisk, config))
  assert.deepEqual(await look(), ['process-missing'])
  await writeFile(program, '#!/bin/sh\n', { mode: 0o600 })
  assert.deepEqual(await look(), ['process-missing'])
  await chmod(program, 0o755)
  assert.deepEqual(await look(), [])
  await chmod(program, 0o777)
  assert.deepEqual(await look(), ['directory-open'])
  const client = configOf('dumptypes: {default: {encrypt: {program: /nowhere/encrypt, where: client}}}\n')
  assert.deepEqual(codes(await programFindings(nodeDisk, client)), [], "a client's program is the agent's to find")
})

test('keepalive that begins late matters only where stock Amanda is', async () => {
  const proc = path.join(dir, 'keepalive')
  const look = async (seconds: number, isStockHere: boolean): Promise<string[]> => {
    await writeFile(proc, `${seconds}\n`)
    const disk: Disk = { ...nodeDisk, open: (_path, mode) => nodeDisk.open(proc, mode), stat: (at) => (isStockHere && at === '/etc/amanda' ? nodeDisk.stat(dir) : Promise.resolve(undefined)) }
    return codes(await keepaliveFindings(disk))
  }
  assert.deepEqual(await look(7200, true), ['keepalive-late'])
  assert.deepEqual(await look(120, true), [])
  assert.deepEqual(await look(7200, false), [])
})

test('an old Node is told, and a check that fails is a finding', async () => {
  assert.deepEqual(codes(nodeFindings('v20.1.0')), ['node-old'])
  assert.deepEqual(nodeFindings('v26.10.0'), [])
  assert.deepEqual(codes(await safely(Promise.reject(new Error('broken')))), ['internal'])
})
