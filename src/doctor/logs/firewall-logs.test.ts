// The logs of stock Amanda that failed behind a real firewall, as the server has them, as the client has them, and both together.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { Diagnosis } from '../contract.ts'
import { keepaliveFor } from '../kinds/network/keepalive-cures.ts'
import { diagnoseFiles } from './diagnose-files.ts'
import { findLogFiles } from './find-logs.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../../testdata/doctor')

interface Expected {
  readonly failures: readonly string[]
  readonly views: { readonly server: readonly string[]; readonly client: readonly string[] }
  /** Seconds, as they were told when the kernels of both hosts were asked beside; absent where these logs tell none. */
  readonly silentS: { readonly server?: number; readonly client?: number; readonly both?: number }
}

const SILENCE = /(?:silent for|always after|Lost after) (?:at most )?([\d.]+)/

async function diagnose(dir: string, view: 'server' | 'client' | 'both'): Promise<Diagnosis> {
  const files = (await findLogFiles(nodeDisk, [dir])).filter((file) => !file.path.endsWith('.json') && (view === 'both' || path.basename(file.path).startsWith(`${view}.`)))
  return diagnoseFiles(nodeDisk, files, { nameOf: (file) => path.basename(file) })
}

function failuresOf({ findings }: Diagnosis): string[] {
  return [...new Set(findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code))].toSorted()
}

const names = readdirSync(RECORDED).filter((name) => /^firewall-(?:bsd|bsdudp|bsdtcp)-/.test(name)).toSorted()

test('there are logs behind a firewall, of each transport', () => {
  for (const auth of ['bsd', 'bsdtcp', 'bsdudp']) assert.ok(names.some((name) => name.startsWith(`firewall-${auth}-`)), auth)
})

for (const name of names) {
  const dir = path.join(RECORDED, name)
  const { failures, views, silentS } = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as Expected
  for (const view of ['server', 'client', 'both'] as const) {
    test(`${name}: the logs of ${view} name the fault and the silence, and the cure is computed from it`, async () => {
      const diagnosis = await diagnose(dir, view)
      assert.deepEqual(failuresOf(diagnosis), (view === 'both' ? failures : views[view]).toSorted())
      assert.deepEqual(diagnosis.unknown, [])
      const told = diagnosis.findings.flatMap((finding) => finding.details.map((detail) => ({ finding, seconds: SILENCE.exec(detail)?.[1] })))
      const first = told.find(({ seconds }) => seconds !== undefined)
      assert.equal(first === undefined ? undefined : Number(first.seconds), silentS[view])
      if (first === undefined) return
      const { intervalS, probes } = keepaliveFor({ silentS: Number(first.seconds) })
      assert.ok(intervalS * 2 < Number(first.seconds))
      const linux = first.finding.cures.find(({ on, platform }) => on.startsWith('server') && platform === 'linux')
      assert.match(linux?.commands?.join('\n') ?? '', new RegExp(`tcp_keepalive_time = ${intervalS}' 'net.ipv4.tcp_keepalive_intvl = ${intervalS}' 'net.ipv4.tcp_keepalive_probes = ${probes}'`))
    })
  }
}
