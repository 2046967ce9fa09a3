// Every way of integration/faults/own-faults.ts to make our own dumps fail: the report must have the doctor's codes, and the doctor must find the same
// in our run logs. The logs of a way that has none in testdata/doctor yet are kept there. `own-faults:NAME,NAME` plays some.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { diagnoseFiles } from '../../src/doctor/logs/diagnose-files.ts'
import { findLogFiles } from '../../src/doctor/logs/find-logs.ts'
import { kindOfCode } from '../../src/doctor/fault-kinds.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { OWN_FAULTS, type OwnFault } from '../faults/own-faults.ts'
import { freePort, HoldfastLab, type Side } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../testdata/doctor')

/** Runs what follows where the holding disk is a file system of its own. */
function withSmallHolding(dir: string, mib: number): (side: Side, argv: readonly string[]) => [string, ...string[]] {
  return (_side, argv) => ['unshare', '--mount', 'sh', '-c', `mkdir -p ${dir}/holding && mount -t tmpfs -o size=${mib}m tmpfs ${dir}/holding && exec "$@"`, 'sh', ...argv]
}

function labOf(fault: OwnFault, dir: string, port: number): HoldfastLab {
  const { serverYaml, agentYaml, holdingMib } = fault
  return new HoldfastLab({ dir, port, serverYaml: serverYaml(dir), ...(agentYaml === undefined ? {} : { agentYaml: agentYaml(dir) }), ...(holdingMib === undefined ? {} : { on: withSmallHolding(dir, holdingMib) }) })
}

/** Run logs and the server's own, with the directory of the lab as `/lab`. */
function recordOnce({ name, how, codes, logged = [] }: OwnFault, dir: string): void {
  const target = path.join(RECORDED, name)
  if (existsSync(target)) return
  mkdirSync(target, { recursive: true })
  const runs = path.join(dir, 'log', 'runs')
  // In names of indexes and of files on the holding disk it is written in other ways.
  const read = (file: string): string => readFileSync(file, 'utf8').replaceAll(dir, '/lab').replaceAll(encodeURIComponent(dir), '%2Flab').replaceAll(dir.replaceAll('/', '_'), '_lab')
  for (const file of readdirSync(runs).filter((each) => /^log\.\d/.test(each))) writeFileSync(path.join(target, file), read(path.join(runs, file)))
  writeFileSync(path.join(target, 'server-log.txt'), read(path.join(dir, 'log', 'server.log')))
  const of = (severity: string): string[] => [...codes, ...logged].filter((code) => kindOfCode(code)?.severity === severity).toSorted()
  writeFileSync(path.join(target, 'expected.json'), `${JSON.stringify({ how, from: 'Holdfast, played by integration/cases/own-faults.ts', failures: of('failure'), warnings: of('warning') }, undefined, 2)}\n`)
}

async function playOne(fault: OwnFault, context: CaseContext): Promise<void> {
  const dir = path.join(context.dir, fault.name)
  const lab = labOf(fault, dir, await freePort())
  await using _lab = lab
  fault.prepare?.(dir)
  const server = await lab.startServer()
  await lab.enrol('client')
  const agent = await lab.startAgent('client')
  if (fault.play === undefined) await lab.run('server', ['dump'])
  else await fault.play(lab, { server, agent })
  const report = JSON.parse((await lab.run('server', ['report', '--json'])).stdout) as { readonly findings: readonly { readonly code: string }[]; readonly rows: unknown }
  const found = report.findings.map(({ code }) => code).toSorted().join(', ')
  must(found === fault.codes.toSorted().join(', '), `${fault.name}: the report has ${found || 'no code'}: ${JSON.stringify(report.rows)}`)
  const files = await findLogFiles(nodeDisk, [path.join(dir, 'log')])
  const { findings, unknown } = await diagnoseFiles(nodeDisk, files)
  const inLogs = new Set(findings.map(({ code }) => code))
  const lost = [...fault.codes, ...(fault.logged ?? [])].filter((code) => !inLogs.has(code))
  must(lost.length === 0, `${fault.name}: in the logs the doctor finds ${[...inLogs].join(', ')}, not ${lost.join(', ')}; unknown: ${unknown.map(({ text }) => text).join(' | ')}`)
  recordOnce(fault, dir)
  context.note(`${fault.name}: ${[...inLogs].join(', ')}${unknown.length === 0 ? '' : `; unknown: ${unknown.map(({ text }) => text).join(' | ')}`}`)
}

async function run(context: CaseContext): Promise<string> {
  const chosen = OWN_FAULTS.filter(({ name }) => context.parts.length === 0 || context.parts.includes(name))
  const failed: string[] = []
  for (const fault of chosen) {
    await playOne(fault, context).catch((error: unknown) => {
      failed.push(error instanceof Error ? error.message : String(error))
      context.note(`FAILED ${failed.at(-1)}`)
    })
  }
  must(failed.length === 0, `${failed.length} of ${chosen.length} ways were not named`)
  return `${chosen.length} ways to make our own dumps fail, each named in the report and found in the logs`
}

export const integrationCase: IntegrationCase = {
  name: 'own-faults',
  summary: 'Our own dumps fail in every way we can make; records the logs of new ones for the doctor',
  needs: ['tar', 'unshare', 'mount', 'yes'],
  needsRoot: true,
  timeoutMs: 900_000,
  isInTest: false,
  run,
}
