// Stock Amanda, broken in one way: the scenario says what is changed, what is run, and what the doctor must find in the logs of both hosts. The
// scenarios are in integration/faults/, a family a file. What they wrote once is kept in testdata/doctor/, so that unit tests need no Amanda.

import { chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Diagnosis } from '../../src/doctor/contract.ts'
import { diagnoseFiles } from '../../src/doctor/logs/diagnose-files.ts'
import { findLogFiles } from '../../src/doctor/logs/find-logs.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import type { FirewallLab } from './firewall-lab.ts'
import { must } from './must.ts'
import { emptyServer } from './server-state.ts'
import { amandaConf, AUTOLABEL, type StockAmanda } from './stock-amanda.ts'

const RUN_MS_MAX = 150_000
const PORT = 10_080
/** Where the logs of a scenario are kept. */
const RECORDED = path.resolve(import.meta.dirname, '../../testdata/doctor')
const GZIP_FROM_BYTES = 1024

const SETTINGS = `tapecycle 8
inparallel 2
etimeout 30
dtimeout 30
ctimeout 10
connect-tries 1
req-tries 1`

/** What is between the braces of dumptype `plain`. */
const PLAIN = `program "GNUTAR"
    index yes
    record no
    strategy noinc
    auth "bsdtcp"
    compress none`

/** Files that are written before a run. What is left out is as in a set-up that works. */
export interface SetUp {
  /** Lines of amanda.conf; later ones win. */
  readonly settings?: string
  readonly autolabel?: string
  /** Lines of the dumptype `plain`. */
  readonly dumptype?: string
  /** Applications and scripts, as definitions in amanda.conf: `dumptype` may name them. */
  readonly tools?: string
  /** Further definitions in amanda.conf, after the dumptype. */
  readonly definitions?: string
  readonly disklist?: string
  /** .amandahosts of the client. */
  readonly amandahosts?: string
  /** Arguments of the client's amandad. */
  readonly serverArgs?: string
  /** More lines of its service in xinetd.conf. */
  readonly xinetd?: string
  /** Programs of the client by name, as text: /etc/amanda/bin/NAME there, run as who calls them. */
  readonly clientPrograms?: Readonly<Record<string, string>>
  /** Lines of shell that root runs on the client before it listens, in mounts of its own (`mount --bind /etc/amanda/bin/tar /usr/bin/tar`). */
  readonly clientShell?: string
}

export interface FaultContext {
  readonly lab: FirewallLab
  readonly stock: StockAmanda
  /** `amdump lab` to its end. */
  readonly amdump: () => Promise<void>
  /** `amcheck -c lab`, pasted. */
  readonly amcheck: () => Promise<void>
  /** The mail report of the last run, pasted. */
  readonly report: () => Promise<void>
  /** What a program printed, as an operator would paste it: a file beside the logs. */
  readonly paste: (name: string, text: string) => void
}

export interface FaultScenario {
  /** Words joined with `-`: the directory of its logs. */
  readonly name: string
  /** What was broken, in a sentence: it stands beside the logs. */
  readonly how: string
  /** Codes of severity failure that must be found, and no others. */
  readonly failures: readonly string[]
  /** Codes of severity warning, likewise. */
  readonly warnings?: readonly string[]
  /** Codes of severity notice that must be among those found. */
  readonly notices?: readonly string[]
  /** Short, and for npm test; default false: it is played by name only. */
  readonly isInTest?: boolean
  /** It has the volumes and the history that the scenario before left; default: it begins with empty ones. */
  readonly goesOn?: boolean
  /** Default true: its logs are kept when there are none yet. */
  readonly isKept?: boolean
  readonly setUp?: SetUp
  /** Breaks what files cannot break: modes, disks, firewall rules. Undone by what it returns. */
  readonly breakIt?: (context: FaultContext) => Promise<(() => Promise<void>) | undefined>
  /** amcheck is run before; what it prints is given to the doctor as well. */
  readonly isChecked?: boolean
  /** The mail report of the run is given to the doctor as well. */
  readonly isReported?: boolean
  /** Default: amdump with a client that listens. */
  readonly run?: (context: FaultContext) => Promise<void>
}

function layOut(stock: StockAmanda, setUp: SetUp): void {
  // Written into, not anew: the files keep their owners and modes.
  const write = (host: 'server' | 'client', name: string, text: string): void => writeFileSync(stock.at(host, name), text)
  write('server', 'etc/lab/amanda.conf', amandaConf(`${SETTINGS}\n${setUp.autolabel ?? AUTOLABEL}\n${setUp.settings ?? ''}`, `${setUp.tools ?? ''}\ndefine dumptype plain {\n    ${PLAIN}\n    ${setUp.dumptype ?? ''}\n}\n${setUp.definitions ?? ''}`))
  write('server', 'etc/lab/disklist', setUp.disklist ?? 'amclient /srv/many plain\n')
  write('client', 'amandahosts', setUp.amandahosts ?? 'amserver backup amdump\n')
  for (const [name, text] of Object.entries(setUp.clientPrograms ?? {})) {
    const file = stock.at('client', `etc/bin/${name}`)
    rmSync(file, { force: true })
    writeFileSync(file, text, { mode: 0o755 })
  }
  write('client', 'xinetd.conf', `defaults { instances = 30\n cps = 1000 1\n}\nservice amanda\n{\n type = UNLISTED\n flags = IPv4\n socket_type = stream\n protocol = tcp\n wait = no\n port = ${PORT}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = ${setUp.serverArgs ?? '-auth=bsdtcp amdump'}\n${setUp.xinetd ?? ''}\n}\n`)
}

export interface PlayedFault {
  readonly diagnosis: Diagnosis
  /** Directories and files with all that was written. */
  readonly logs: readonly string[]
}

/** Empties directories, and gives them to Amanda. */
function clearDirs(dirs: readonly string[], uid: number): void {
  for (const dir of dirs) {
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    chownSync(dir, uid, uid)
  }
}

/** Plays it, and gives all logs of both hosts to the doctor. Throws when the doctor does not find what it must. */
export async function playFault(scenario: FaultScenario, lab: FirewallLab, stock: StockAmanda, note: (text: string) => void): Promise<PlayedFault> {
  const pasted = stock.at('server', 'pasted')
  const logs = [stock.at('server', 'lib/lab/log'), stock.at('server', 'log'), stock.at('client', 'log'), pasted]
  const { uid } = statSync(stock.at('server', 'lib'))
  clearDirs(logs, uid)
  if (scenario.goesOn !== true) emptyServer(stock)
  layOut(stock, scenario.setUp ?? {})
  const context: FaultContext = {
    lab,
    stock,
    amdump: async () => void (await stock.onServer(['amdump', 'lab'], RUN_MS_MAX)),
    amcheck: async () => context.paste('amcheck.txt', (await stock.onServer(['amcheck', '-c', 'lab'], RUN_MS_MAX)).stdout),
    report: async () => context.paste('report.txt', (await stock.onServer(['amreport', 'lab'], RUN_MS_MAX)).stdout),
    paste: (name, text) => writeFileSync(path.join(pasted, name), text),
  }
  const undo = await scenario.breakIt?.(context)
  try {
    if (scenario.run === undefined) {
      await using _client = stock.startClient(scenario.setUp?.clientShell)
      if (scenario.isChecked === true) await context.amcheck()
      await context.amdump()
      if (scenario.isReported === true) await context.report()
    } else await scenario.run(context)
  } finally {
    await undo?.()
    // What a broken client left running writes into no other scenario's logs.
    await lab.killAll()
  }
  const diagnosis = await diagnoseFiles(nodeDisk, await findLogFiles(nodeDisk, logs), { nameOf: (file) => path.relative(stock.at('server', '..'), file) })
  const { name, how, failures, warnings = [], notices } = scenario
  if (scenario.isKept !== false) recordLogs(name, logs, { how, from: 'Amanda 3.5.1 of Debian 12, played by integration/faults', failures, warnings, notices })
  const codesOf = (wanted: string): string => [...new Set(diagnosis.findings.filter(({ severity }) => severity === wanted).map(({ code }) => code))].toSorted().join(', ') || 'nothing'
  const unknown = diagnosis.unknown.slice(0, 6).map(({ file, text }) => `${file}: ${text}`)
  note(`${scenario.name}: ${codesOf('failure')}; warnings: ${codesOf('warning')}${unknown.length > 0 ? `; unknown: ${unknown.join(' | ')}` : ''}`)
  const expected = (codes: readonly string[]): string => codes.toSorted().join(', ') || 'nothing'
  must(codesOf('failure') === expected(scenario.failures), `${scenario.name}: expected ${expected(scenario.failures)}, found ${codesOf('failure')}`)
  must(codesOf('warning') === expected(scenario.warnings ?? []), `${scenario.name}: expected the warnings ${expected(scenario.warnings ?? [])}, found ${codesOf('warning')}`)
  for (const code of scenario.notices ?? []) must(diagnosis.findings.some((finding) => finding.code === code), `${scenario.name}: expected the notice ${code}`)
  must(unknown.length === 0, `${scenario.name}: the doctor does not know ${unknown.join(' | ')}`)
  return { diagnosis, logs }
}

/**
 * Keeps logs that are not in testdata/doctor yet: one file a log, long ones packed, the host in the name. `expected.json` beside them says what must be
 * found; the unit tests of real logs read it.
 */
export function recordLogs(name: string, logs: readonly string[], expected: Readonly<Record<string, unknown>>): void {
  const target = path.join(RECORDED, name)
  if (existsSync(target)) return
  mkdirSync(target, { recursive: true })
  for (const dir of logs) {
    const host = dir.includes('/client/') ? 'client' : 'server'
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const from = path.join(dir, file)
      // Some logs have a second name.
      const isKept = lstatSync(from).isFile() && statSync(from).size > 0
      if (!isKept) continue
      const bytes = readFileSync(from)
      const to = path.join(target, `${host}.${path.basename(file)}`)
      if (bytes.length < GZIP_FROM_BYTES) writeFileSync(to, bytes)
      else writeFileSync(`${to}.gz`, gzipSync(bytes, { level: 9 }))
    }
  }
  writeFileSync(path.join(target, 'expected.json'), `${JSON.stringify(expected, undefined, 2)}\n`)
}
