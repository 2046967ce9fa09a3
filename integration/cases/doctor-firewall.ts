// The founding failure, for the doctor: stock Amanda fails behind a real firewall in each way it can, and the doctor is given the logs of the server,
// of the client, and of both. It must name the fault, and tell the silence that the kernels of both hosts measured. Then the commands that it printed
// are run as they are, where they belong, and the next run of stock Amanda must be well. A part is one way to fail: `doctor-firewall:PART,PART`.

import { chmodSync } from 'node:fs'
import path from 'node:path'
import type { Diagnosis, Finding } from '../../src/doctor/contract.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { runCommand } from '../lab/commands.ts'
import { recordLogs } from '../lab/fault-scenario.ts'
import { FIREWALL_FAULTS, type FirewallPart, type View } from '../faults/firewall-parts.ts'
import { FirewallFaultLab, type FirewallRun } from '../lab/firewall-fault.ts'
import type { LabHost } from '../lab/firewall-lab.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS } from '../lab/stock-amanda.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
/** Between what the doctor says and what the kernels say. */
const AGE_TOLERANCE_S = 2
/** A kernel is asked four times a second, and what it said last may be older than the end. */
const SAMPLE_S = 0.5
/** Stock runs at once. */
const AT_ONCE_MAX = 2

const SILENCES = /(?:silent for|always after|Lost after) (at most )?([\d.]+)/

function logsOf(played: FirewallFaultLab, view: View): readonly string[] {
  return view === 'both' ? [...played.logs('server'), ...played.logs('client')] : played.logs(view)
}

/** What `holdfast doctor logs` prints. */
async function diagnose(logs: readonly string[]): Promise<Diagnosis> {
  const { stdout, stderr } = await runCommand([process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'doctor', 'logs', '--json', ...logs])
  must(stdout.startsWith('{'), `doctor logs printed no JSON: ${stderr}`)
  return JSON.parse(stdout) as Diagnosis
}

function failuresOf({ findings }: Diagnosis): readonly string[] {
  return [...new Set(findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code))].toSorted()
}

/** The silence that a finding tells of, against those that the kernels saw end. Undefined when it tells of none. */
function checkSilence(part: FirewallPart, view: View, { code, details }: Finding, run: FirewallRun): number | undefined {
  const match = details.map((detail) => SILENCES.exec(detail)).find((found) => found !== null)
  if (match === undefined || match === null) return undefined
  const isBound = match[1] !== undefined
  const toldS = Number(match[2])
  const nearestS = Math.min(...run.ended.map(({ silentS }) => (silentS <= toldS + SAMPLE_S ? toldS - silentS : Infinity)))
  // A bound says so; how near it is depends on what the log has.
  must(nearestS <= AGE_TOLERANCE_S || (isBound && nearestS < Infinity), `${part.name}, ${view}: ${code} tells of ${toldS} s, but connections ended after ${run.ended.map(({ silentS }) => silentS).join(', ')} s`)
  return toldS
}

function checkView(part: FirewallPart, view: View, diagnosis: Diagnosis, run: FirewallRun): number | undefined {
  const { maybe = [] } = part
  const found = failuresOf(diagnosis)
  const certain = found.filter((code) => part[view].includes(code) || !maybe.includes(code)).join(', ')
  // A client may learn of a cut only when nobody takes its data any more, because the server learned it a moment before.
  const isLate = view === 'client' && found.includes('client-pipe-broken') && found.every((code) => maybe.includes(code))
  must(isLate || certain === part[view].toSorted().join(', '), `${part.name}, logs of ${view}: expected ${part[view].join(', ') || 'nothing'}, found ${found.join(', ') || 'nothing'}`)
  must(diagnosis.unknownCount === 0, `${part.name}, logs of ${view}: not known: ${diagnosis.unknown.map(({ file, text }) => `${file}: ${text}`).slice(0, 5).join(' | ')}`)
  const told = diagnosis.findings.map((finding) => checkSilence(part, view, finding, run)).filter((seconds) => seconds !== undefined)
  return told[0]
}

/** Commands for this system, with where they are to be run. */
function commandsOf(diagnosis: Diagnosis, places: readonly LabHost[]): { readonly host: LabHost; readonly line: string }[] {
  const cures = diagnosis.findings.filter(({ severity }) => severity === 'failure').flatMap((finding) => finding.cures)
  const all = cures.filter(({ platform }) => platform === 'linux').flatMap(({ on, commands = [] }) => {
    const host = (['server', 'client', 'firewall'] as const).find((place) => on.startsWith(place))
    return host === undefined || !places.includes(host) ? [] : commands.map((line) => ({ host, line }))
  })
  return all.filter(({ line }, index) => all.findIndex((other) => other.line === line) === index)
}

async function playPart(part: FirewallPart, context: CaseContext): Promise<void> {
  const { name, fault, cureFrom, curePlaces } = part
  await using played = await FirewallFaultLab.create(path.join(context.dir, name), fault)
  const onAbort = (): void => void played.lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  await using _client = played.stock.startClient()
  await played.stock.clientListens()
  const run = await played.amdump(true)
  must(/^FAIL /m.test(run.runLog), `${name}: stock Amanda was expected to fail and did not (exit ${run.status})`)
  const both = await diagnose(logsOf(played, 'both'))
  const views = { server: await diagnose(played.logs('server')), client: await diagnose(played.logs('client')), both }
  const told = { server: checkView(part, 'server', views.server, run), client: checkView(part, 'client', views.client, run), both: checkView(part, 'both', both, run) }
  recordLogs(`firewall-${name}`, logsOf(played, 'both'), { how: part.how, from: 'Amanda 3.5.1 of Debian 12, played by integration/cases/doctor-firewall', failures: failuresOf(both), warnings: [], views: { server: failuresOf(views.server), client: failuresOf(views.client) }, silentS: told })
  const commands = commandsOf(views[cureFrom], curePlaces)
  for (const { host, line } of commands) await played.cure(host, line)
  played.clearLogs()
  const next = await played.amdump(false)
  must(next.status === 0 && !/^FAIL /m.test(next.runLog) && /^SUCCESS dumper amclient \/srv\/many /m.test(next.runLog), `${name}: after the cure amdump ended with ${next.status}: ${next.runLog.match(/^FAIL .*$/m)?.[0] ?? 'no dump'}; done was: ${commands.map(({ line }) => line).join('; ')}`)
  must(failuresOf(await diagnose(logsOf(played, 'both'))).length === 0, `${name}: the doctor finds a failure in the good run`)
  context.signal.removeEventListener('abort', onAbort)
  const ages = Object.entries(told).filter(([, seconds]) => seconds !== undefined).map(([view, seconds]) => `${view} ${seconds} s`).join(', ')
  context.note(`${name}: ${failuresOf(both).join(', ')}; silence: ${ages || 'not told'}; cured by ${commands.length} commands`)
}

async function run(context: CaseContext): Promise<string> {
  chmodSync(context.dir, 0o755)
  const isWanted = ({ name, isInTest }: FirewallPart): boolean => (context.parts.length === 0 ? isInTest === true : context.parts.includes('all') || context.parts.includes(name))
  const parts = FIREWALL_FAULTS.filter(isWanted)
  must(parts.length > 0, `no such part; there are: all, ${FIREWALL_FAULTS.map(({ name }) => name).join(', ')}`)
  const waiting = [...parts]
  const failures: string[] = []
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined && !context.signal.aborted; part = waiting.shift()) {
      try {
        await playPart(part, context)
      } catch (error) {
        failures.push((error as Error).message)
        context.note(`NOT AS IT MUST BE: ${(error as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, work))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${parts.length} failures of stock Amanda behind a firewall named from server, client and both, their silences measured, cured as printed: ${parts.map(({ name }) => name).join(', ')}`
}

export const integrationCase: IntegrationCase = {
  name: 'doctor-firewall',
  summary: 'The doctor on stock Amanda behind a firewall that forgets: named, measured, cured by the commands as printed',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', 'ss', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 3_600_000,
  run,
}
