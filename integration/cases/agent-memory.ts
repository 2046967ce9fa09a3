// Resident memory of an agent process over real TLS while it dumps 1 GiB of large files and 100,000 small ones: the peak that the kernel
// counted, against the limit of 160 MB.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../src/kernel/random.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'

const HOST = 'client'
const LIMIT_BYTES = 160e6
const DUMP_MS = 240_000
const LARGE = { count: 4, bytes: 256 * 1024 * 1024 }
const SMALL = { count: 100_000, bytes: 700, perDirectory: 500 }

function makeTrees(large: string, small: string): void {
  mkdirSync(large, { recursive: true })
  const block = Buffer.from(seededRandom(5).bytes(1024 * 1024))
  for (let index = 0; index < LARGE.count; index++) {
    const file = path.join(large, `file-${index}`)
    for (let at = 0; at < LARGE.bytes; at += block.length) writeFileSync(file, block, { flag: 'a' })
  }
  for (let index = 0; index < SMALL.count; index++) {
    const dir = path.join(small, `directory-${Math.floor(index / SMALL.perDirectory)}`)
    if (index % SMALL.perDirectory === 0) mkdirSync(dir, { recursive: true })
    writeFileSync(path.join(dir, `a-file-with-an-ordinary-name-${index}`), block.subarray(index, index + SMALL.bytes))
  }
}

/** The most that was ever resident, as the kernel counted. */
function peakBytes(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  must(kib !== undefined, 'the kernel counts no peak of resident memory')
  return Number(kib) * 1024
}

async function run(context: CaseContext): Promise<string> {
  const [large, small] = [path.join(context.dir, 'large'), path.join(context.dir, 'small')]
  makeTrees(large, small)
  await using holdfast = new HoldfastLab({
    dir: context.dir,
    port: await freePort(),
    serverYaml: `hosts:\n  ${HOST}:\n    disks:\n      - {disk: large, device: ${large}}\n      - {disk: small, device: ${small}}\n    exclude: []\n`,
  })
  await holdfast.startServer()
  await holdfast.enrol(HOST)
  const agent = await holdfast.startAgent(HOST)
  const seen: string[] = [`${Math.round(peakBytes(agent.pid) / 1e6)} MB idle`]
  for (const disk of ['large', 'small']) {
    await holdfast.must('server', ['dump', '--level', 'full', HOST, disk], DUMP_MS)
    const peak = peakBytes(agent.pid)
    seen.push(`${Math.round(peak / 1e6)} MB after ${disk}`)
    context.note(seen.at(-1) ?? disk)
    must(peak <= LIMIT_BYTES, `the agent used ${seen.join(', ')}`)
  }
  return `the agent's resident memory at most: ${seen.join(', ')}; the limit is ${LIMIT_BYTES / 1e6} MB`
}

export const integrationCase: IntegrationCase = {
  name: 'agent-memory',
  summary: 'peak memory of an agent that dumps 1 GiB of large files and 100,000 small ones over TLS',
  needs: ['tar'],
  timeoutMs: 400_000,
  isInTest: false,
  run,
}
