// Our own dumps fail for real in a handful of ways: a directory that is gone, a program that the agent does not permit, a holding disk without room,
// a host that is not enrolled, an index that cannot be kept, an agent that is away, no volume. Report, status, the end of the run, mail and JSON must
// name each by the doctor's code, with what to do first; the doctor must find the same in our run logs, and explain each.

import { appendFileSync, chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setInterval } from 'node:timers'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'

const MIB = 1024 ** 2
/** Larger than the holding disk may be. */
const LARGE_BYTES = 24 * MIB
const HOLDING_USE = '12 MiB'
/** Read by tar in some tenths of a second, so that it changes under tar's hands. */
const CHANGING_BYTES = 8 * MIB
const TOUCH_MS = 2

interface Findings {
  readonly findings: readonly { readonly code: string; readonly advice: string; readonly explain: string; readonly dumps: readonly { readonly disk: string }[] }[]
}

interface Row {
  readonly host: string
  readonly disk: string
  readonly doctorCodes?: readonly string[]
}

function yamlOf(dir: string): string {
  return `organisation: Example
storage:
  directory: ${dir}/volumes
  slots: 1
  volume-size: 1 GiB
limits: {connect-timeout: 1 s, retries: 0}
mail:
  to: root@example.com
  via: {program: [${dir}/sendmail]}
dumptypes:
  cmd: {application: command, properties: {COMMAND: /usr/bin/env}}
hosts:
  client:
    - ${dir}/tree
    - ${dir}/changing
    - {disk: ${dir}/large, holding: required}
    - ${dir}/gone
    - {disk: ${dir}/cmd, dumptype: cmd}
  stranger: [/etc]
`
}

function makeDisks(dir: string): void {
  for (const name of ['tree', 'changing', 'large', 'cmd']) mkdirSync(path.join(dir, name))
  writeFileSync(path.join(dir, 'tree', 'file'), 'a file\n')
  writeFileSync(path.join(dir, 'changing', 'file'), Buffer.alloc(CHANGING_BYTES, 'x'))
  writeFileSync(path.join(dir, 'large', 'file'), Buffer.alloc(LARGE_BYTES, 'x'))
  writeFileSync(path.join(dir, 'sendmail'), `#!/bin/sh\ncat > ${dir}/mail\n`)
  chmodSync(path.join(dir, 'sendmail'), 0o755)
}

/** Changes a file again and again until it is told to stop. */
function keepTouching(file: string): Disposable {
  const timer = setInterval(() => {
    const now = new Date()
    utimesSync(file, now, now)
  }, TOUCH_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Each code stands in `text` with its advice beside it. */
function mustAdvise(what: string, text: string, findings: Findings['findings'], codes: readonly string[]): void {
  const words = text.replaceAll(/=\r?\n/g, '').replaceAll(/\s+/g, ' ')
  for (const code of codes) {
    const finding = findings.find((candidate) => candidate.code === code)
    must(finding !== undefined, `${what}: ${code} is not among ${findings.map((each) => each.code).join(', ')}`)
    must(words.includes(`[${code}] ${finding?.advice}`), `${what} does not say [${code}] and what to do:\n${text}`)
  }
}

/** The same run in all the places that tell of it. */
async function mustTell(lab: HoldfastLab, stderr: string, codes: readonly string[]): Promise<readonly Row[]> {
  const report = JSON.parse((await lab.run('server', ['report', '--json'])).stdout) as Findings & { readonly rows: readonly Row[] }
  mustAdvise('report', (await lab.run('server', ['report'])).stdout, report.findings, codes)
  mustAdvise('the end of the run', stderr, report.findings, codes)
  mustAdvise('the mail', readFileSync(path.join(lab.dir, 'mail'), 'utf8'), report.findings, codes)
  mustAdvise('status', await lab.must('server', ['status']), (JSON.parse(await lab.must('server', ['status', '--json'])) as Findings).findings, codes)
  const [first = ''] = codes
  must((await lab.must('server', ['doctor', 'explain', first])).startsWith(`# ${first}\n`), `${first} is not explained`)
  return report.rows
}

function mustBe(rows: readonly Row[], dir: string, expected: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, codes] of Object.entries(expected)) {
    const row = rows.find(({ disk }) => disk === name || disk === path.join(dir, name))
    must(JSON.stringify(row?.doctorCodes) === JSON.stringify(codes), `${name} has the codes ${JSON.stringify(row?.doctorCodes)} and not ${codes.join(', ')}`)
  }
}

/** Everything that can fail while the agent is there. */
async function withAgent(lab: HoldfastLab): Promise<void> {
  const { dir } = lab
  let stderr: string
  {
    using _touching = keepTouching(path.join(dir, 'changing', 'file'))
    ;({ stderr } = await lab.run('server', ['dump']))
  }
  const codes = ['agent-not-enrolled', 'agent-does-not-permit', 'disk-missing', 'holding-without-room', 'index-not-kept']
  const rows = await mustTell(lab, stderr, codes)
  mustBe(rows, dir, { '/etc': ['agent-not-enrolled'], cmd: ['agent-does-not-permit'], gone: ['disk-missing'], large: ['holding-without-room'], tree: ['index-not-kept'] })
  must(/\? \S*tar: .*file changed as we read it/.test((await lab.run('server', ['report'])).stdout), 'the report does not show what tar said')
}

async function withoutVolume(lab: HoldfastLab): Promise<void> {
  const { stderr, status } = await lab.run('server', ['dump', 'client', path.join(lab.dir, 'tree')])
  must(((status ?? 0) & 16) !== 0, `a run without a volume ended with ${status}: ${stderr}`)
  const rows = await mustTell(lab, stderr, ['no-acceptable-volume'])
  must(rows.length === 1, 'the report has other dumps')
  must((await lab.run('server', ['report'])).stdout.includes('*** A TAPE ERROR OCCURRED: '), 'the report does not begin with the volumes')
}

async function withoutAgent(lab: HoldfastLab): Promise<void> {
  const { stdout } = await lab.run('server', ['dump', 'client', '--json'])
  const { findings } = JSON.parse(stdout) as Findings
  // The dump of the run before still waits for a volume.
  const seen = findings.map(({ code, dumps }) => `${code} ${dumps.length}`).toSorted()
  must(seen.join(', ') === 'agent-not-connected 5, no-acceptable-volume 1', `one cause of five dumps is not one finding: ${stdout}`)
  const text = (await lab.run('server', ['report'])).stdout
  must(text.match(/\[agent-not-connected\]/g)?.length === 1 && text.includes('[no-acceptable-volume]'), `the report says it for each dump, or not that one still waits:\n${text}`)
}

async function run(context: CaseContext): Promise<string> {
  const lab = new HoldfastLab({ dir: path.join(context.dir, 'lab'), port: await freePort(), serverYaml: yamlOf(path.join(context.dir, 'lab')) })
  await using _lab = lab
  writeFileSync(lab.serverConfig, readFileSync(lab.serverConfig, 'utf8').replace('use: 20 GiB', `use: ${HOLDING_USE}\n  chunk-size: 1 MiB`))
  makeDisks(lab.dir)
  await lab.startServer()
  // A file where the indexes of the host should be.
  mkdirSync(path.join(lab.dir, 'state', 'index'), { recursive: true })
  writeFileSync(path.join(lab.dir, 'state', 'index', 'client'), '')
  await lab.enrol('client')
  {
    await using _agent = await lab.startAgent('client')
    await withAgent(lab)
    context.note('five ways to fail, each named with its cure in report, status, mail and at the end of the run')
    appendFileSync(path.join(lab.dir, 'tree', 'file'), 'more\n')
    await withoutVolume(lab)
    context.note('a run without a volume says so')
  }
  await withoutAgent(lab)
  const { stdout } = await lab.run('server', ['doctor', 'logs', path.join(lab.dir, 'log', 'runs'), '--json'])
  const found = new Set((JSON.parse(stdout) as Findings).findings.map(({ code }) => code))
  for (const code of ['agent-not-enrolled', 'agent-does-not-permit', 'disk-missing', 'no-acceptable-volume', 'agent-not-connected']) must(found.has(code), `the doctor does not find ${code} in our run logs, but ${[...found].join(', ')}`)
  return 'seven real failures have their code and cure in report, status, mail and JSON, one line for all dumps with one cause, and the doctor finds them in our run logs'
}

export const integrationCase: IntegrationCase = {
  name: 'report-codes',
  summary: 'our own dumps fail in many ways: code and cure in report, status, mail and JSON',
  needs: ['tar'],
  timeoutMs: 180_000,
  run,
}
