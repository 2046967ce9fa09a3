// `holdfast doctor logs` on the logs of stock Amanda that really failed: each scenario breaks one thing, runs amdump, and gives all logs of both hosts
// to the doctor.

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { diagnoseFiles } from '../../src/doctor/logs/diagnose-files.ts'
import { findLogFiles } from '../../src/doctor/logs/read-logs.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { FirewallLab } from '../lab/firewall-lab.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { amandaConf, AUTOLABEL, STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const RUN_MS_MAX = 150_000
const FILE_COUNT = 200
const PORT = 10_080

const SETTINGS = `tapecycle 8
etimeout 30
dtimeout 30
ctimeout 10
connect-tries 1
req-tries 1`

const DUMPTYPE = `define dumptype plain {
    program "GNUTAR"
    index yes
    record no
    strategy noinc
    auth "bsdtcp"
    compress none
}`

interface Scenario {
  readonly name: string
  /** Codes that the doctor must find, of severity failure; no other. */
  readonly codes: readonly string[]
  readonly isClientDown?: boolean
  readonly amandahosts?: string
  readonly serverArgs?: string
  readonly disklist?: string
  readonly autolabel?: string
  readonly moreConf?: string
}

const DISKLIST = 'amclient /srv/many plain\n'
const SERVER_ARGS = '-auth=bsdtcp amdump'

const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing is wrong', codes: [] },
  { name: 'nothing listens on the client', codes: ['connect-refused'], isClientDown: true },
  { name: 'the user of the server is not allowed', codes: ['user-not-allowed'], amandahosts: 'amserver somebody amdump\n' },
  { name: 'amandad does not offer backups', codes: ['service-not-enabled'], serverArgs: '-auth=bsdtcp amindexd' },
  { name: 'a host has no address', codes: ['name-not-found'], disklist: 'nowhere.invalid /srv/many plain\n' },
  { name: 'the configuration has a mistake', codes: ['config-wrong'], moreConf: 'define tapetype OTHER { length 200 mbytes }\n' },
  { name: 'no volume may be written', codes: ['no-acceptable-volume'], autolabel: '' },
  { name: 'a disk is not there', codes: ['disk-missing'], disklist: 'amclient /srv/gone plain\n' },
]

function layOut(stock: StockAmanda, scenario: Scenario): void {
  // Written into, not anew: the files keep their owners and modes.
  const write = (host: 'server' | 'client', name: string, text: string): void => writeFileSync(stock.at(host, name), text)
  write('server', 'etc/lab/amanda.conf', amandaConf(`${SETTINGS}\n${scenario.autolabel ?? AUTOLABEL}`, `${DUMPTYPE}\n${scenario.moreConf ?? ''}`))
  write('server', 'etc/lab/disklist', scenario.disklist ?? DISKLIST)
  write('client', 'amandahosts', scenario.amandahosts ?? 'amserver backup amdump\n')
  write('client', 'xinetd.conf', `defaults { instances = 30\n cps = 1000 1\n}\nservice amanda\n{\n type = UNLISTED\n flags = IPv4\n socket_type = stream\n protocol = tcp\n wait = no\n port = ${PORT}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = ${scenario.serverArgs ?? SERVER_ARGS}\n}\n`)
}

async function play(context: CaseContext, stock: StockAmanda, scenario: Scenario): Promise<string> {
  const logs = [stock.at('server', 'lib/lab/log'), stock.at('server', 'log'), stock.at('client', 'log')]
  const { uid } = statSync(stock.at('server', 'lib'))
  for (const dir of logs) {
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    chownSync(dir, uid, uid)
  }
  layOut(stock, scenario)
  const amdump = async (): Promise<void> => void (await stock.onServer(['amdump', 'lab'], RUN_MS_MAX))
  if (scenario.isClientDown === true) await amdump()
  else {
    await using _client = stock.startClient()
    await amdump()
  }
  if (scenario.codes.length === 0) must(readdirSync(stock.at('server', 'lib/lab/vtapes/slot1')).some((file) => file.startsWith('00001.')), 'the good run left no dump on a volume')
  const files = await findLogFiles(nodeDisk, logs.filter((dir) => existsSync(dir)))
  const result = await diagnoseFiles(nodeDisk, files, { nameOf: (file) => path.relative(context.dir, file) })
  const codes = result.findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code).toSorted()
  const shown = JSON.stringify({ codes, unknown: result.unknown.slice(0, 6) })
  context.note(`${scenario.name}: ${codes.join(', ') || 'nothing'}${result.unknownCount > 0 ? `; unknown: ${shown}` : ''}`)
  must(JSON.stringify([...new Set(codes)]) === JSON.stringify(scenario.codes.toSorted()), `${scenario.name}: expected ${scenario.codes.join(', ') || 'nothing'}, found ${shown}`)
  return scenario.name
}

export const integrationCase: IntegrationCase = {
  name: 'doctor-logs',
  summary: 'The doctor on logs of stock Amanda that was broken in several ways',
  needs: STOCK_PROGRAMS,
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 600_000,
  async run(context) {
    chmodSync(context.dir, 0o755)
    await using lab = await FirewallLab.create({ idleLimitS: 3600, forgotten: 'reset', kernelKeepaliveS: 600 })
    using stock = await StockAmanda.install(lab, path.join(context.dir, 'stock'), FILE_COUNT, 10_000)
    const done: string[] = []
    for (const scenario of SCENARIOS) done.push(await play(context, stock, scenario))
    return `${done.length} broken set-ups diagnosed: ${done.join('; ')}`
  },
}
