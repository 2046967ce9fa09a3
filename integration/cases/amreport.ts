// amreport, ours against stock Amanda's: the logs of real runs are reported by both, and every byte and exit code must be the same. A few calls go to the program itself, with its
// configuration, tapelist and mail. Parts: `all` for every log of a real run, seeds for logs that a generator makes, of which some are known to differ (docs/amanda-reports.md).

import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseColumnSpec } from '../../src/cli/amanda/report/column-spec.ts'
import { reportExitCode } from '../../src/cli/amanda/report/exit-status.ts'
import { LogReader } from '../../src/cli/amanda/report/log-reader.ts'
import { textReport, type ReportSettings } from '../../src/cli/amanda/report/text-report.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { generateRunLog } from '../../testkit/amanda-run-logs.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { amandaConf, AUTOLABEL } from '../lab/stock-amanda.ts'
import { StockRoom } from '../lab/stock-room.ts'

const AMREPORT = '/usr/sbin/amreport'
const TESTDATA = path.resolve(import.meta.dirname, '../../testdata')
const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const GENERATED = 4
/** Of the logs of real runs, one in so many is reported when all are not asked for. */
const ONE_OF = 90
const ALL = 'all'
const DIFFERENCES_SHOWN = 5
/** What stock Amanda's amreport dies of, by the directory in which the log is. */
const STOCK_DIES = new Set(['own-held-damaged', 'tape-write-error'])

const SETTINGS: ReportSettings = {
  organisation: 'lab', configName: 'lab', columns: parseColumnSpec(''), unit: 'K', tapeKib: 204_800, fileMarkKib: 1, storages: new Set(['lab']), heldKib: undefined,
  nextTapes: [{ storage: 'lab', newCount: 1, labels: [], labelled: [] }],
}

/** Reports each log beside it: FILE.text, FILE.code. */
const REPORT_ALL = `for log in "$@"; do timeout 20 ${AMREPORT} lab --log "$log" > "$log.text" 2> /dev/null; echo $? > "$log.code"; done`

function realLogs(share: number): Map<string, string> {
  const logs = new Map<string, string>()
  for (const name of readdirSync(path.join(TESTDATA, 'doctor'))) {
    if (STOCK_DIES.has(name)) continue
    const directory = path.join(TESTDATA, 'doctor', name)
    for (const file of readdirSync(directory).filter((one) => /^(?:server\.)?log\.\d+(?:\.\d+)?(?:\.gz)?$/.test(one))) {
      const bytes = readFileSync(path.join(directory, file))
      logs.set(`${name}-${file.replace(/\.gz$/, '')}`, (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1'))
    }
  }
  const some = [...logs].filter((_, index) => index % share === 0)
  for (const file of readdirSync(path.join(TESTDATA, 'amanda')).filter((one) => /^log\.\d+\.\d+$/.test(one))) some.push([file, readFileSync(path.join(TESTDATA, 'amanda', file), 'latin1')])
  return new Map(some)
}

function generatedLogs(seed: string): Map<string, string> {
  must(/^\d{1,9}$/.test(seed), `a part of this case is ${ALL} or the seed of its logs, a number of at most nine digits; not ${seed}`)
  const random = seededRandom(Number(seed))
  return new Map(Array.from({ length: GENERATED }, (_, index) => [`made${seed}-${index}`, Buffer.from(generateRunLog(random), 'utf8').toString('latin1')]))
}

function ours(log: string): { readonly text: string; readonly code: number } {
  const facts = LogReader.read(log)
  return facts.otherKind === undefined ? { text: textReport(facts, SETTINGS), code: reportExitCode(facts) } : { text: `Log file is for a ${facts.otherKind} run\n`, code: 1 }
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  const backupId = Number(await command(['id', '-u', 'backup']))
  using room = new StockRoom(dir, backupId)
  const logs = new Map([...realLogs(parts.includes(ALL) ? 1 : ONE_OF), ...parts.filter((part) => part !== ALL).flatMap((seed) => [...generatedLogs(seed)])])
  mkdirSync(path.join(dir, 'etc/lab'))
  writeFileSync(path.join(dir, 'etc/lab/amanda.conf'), amandaConf(`tapecycle 3\n${AUTOLABEL}`, 'define dumptype d {\n  index no\n}'))
  writeFileSync(path.join(dir, 'etc/lab/disklist'), 'amclient /srv/small d\n')
  writeFileSync(path.join(dir, 'etc/lab/tapelist'), '')
  const logDir = path.join(dir, 'lib/lab/log')
  mkdirSync(logDir, { recursive: true })
  for (const [name, text] of logs) writeFileSync(path.join(logDir, name), text, 'latin1')
  chmodSync(dir, 0o755)
  await command(['chown', '-R', 'backup:backup', path.join(dir, 'etc'), path.join(dir, 'lib')])
  await runCommand(room.words(['sh', '-c', REPORT_ALL, 'sh', ...[...logs.keys()].map((name) => `/var/lib/amanda/lab/log/${name}`)], true), { timeoutMs: 600_000 })
  const differences: string[] = []
  for (const [name, log] of logs) {
    const { text, code } = ours(log)
    const theirs = readFileSync(path.join(logDir, `${name}.text`), 'latin1')
    const theirCode = readFileSync(path.join(logDir, `${name}.code`), 'latin1').trim()
    if (text === theirs && String(code) === theirCode) continue
    const lines = theirs.split('\n')
    const at = text.split('\n').findIndex((line, index) => line !== lines[index])
    differences.push(`${name} (exit ${code}, stock ${theirCode}): ours ${JSON.stringify(text.split('\n')[at])}, stock ${JSON.stringify(lines[at])}`)
  }
  must(differences.length === 0, `${differences.length} of ${logs.size} logs below ${logDir} are reported differently: ${differences.slice(0, DIFFERENCES_SHOWN).join('; ')}`)
  note(`${logs.size} reports are the same`)
  return `${logs.size} logs are reported as stock Amanda does, byte for byte, with its exit codes, and so are ${await compareProgram(room, dir)} calls of the program`
}

const MAILER = '#!/bin/sh\n{ printf "[%s]" "$@"; echo; cat; } > /tmp/amanda/mail\n'

/** Calls of the program: log, tapelist, units, mail, wrong words. */
async function compareProgram(room: StockRoom, dir: string): Promise<number> {
  writeFileSync(path.join(dir, 'etc/mailer'), MAILER)
  chmodSync(path.join(dir, 'etc/mailer'), 0o755)
  const logs = '/var/lib/amanda/lab/log'
  const good = `${logs}/log.20261123220906.0`
  const volumes = ['20261126220906 LAB04', '20261125220906 LAB03', '20261124220906 LAB02', '20261123220906 LAB01', '0 LAB05', '0 LAB06'].map((line) => `${line} reuse POOL:lab STORAGE:lab CONFIG:lab\n`)
  writeFileSync(path.join(dir, 'etc/lab/tapelist'), volumes.join(''))
  chownSync(path.join(dir, 'etc/lab/tapelist'), Number(await command(['id', '-u', 'backup'])), 0)
  const mailer = ['-o', 'mailer=/etc/amanda/mailer', '-o', 'send-amreport-on=strange']
  const calls = [
    ['lab', '--log', good, '-o', 'runtapes=2', '-o', 'displayunit=m'],
    ['lab', '--log', good, '-o', 'columnspec=Disk=1:18,HostName=0:10,OutKB=1:7', '--format=human'],
    [...mailer, 'lab', '-l', `${logs}/log.20261123222437.0`, '-M', 'me', '--from-amdump'],
  ]
  for (const call of calls) {
    const seen: string[] = []
    for (const program of [[process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'amreport'], [AMREPORT]]) {
      writeFileSync(path.join(dir, 'tmp/mail'), '')
      chmodSync(path.join(dir, 'tmp/mail'), 0o666)
      const { status, stdout, stderr } = await runCommand(room.words([...program, ...call], program.length === 1))
      seen.push(JSON.stringify([status, stdout, stderr, readFileSync(path.join(dir, 'tmp/mail'), 'latin1')]))
    }
    must(seen[0] === seen[1], `amreport ${call.join(' ')}: ours ${seen[0]}, stock ${seen[1]}`)
  }
  return calls.length
}

export const integrationCase: IntegrationCase = {
  name: 'amreport',
  summary: 'reports of real runs, as stock Amanda prints them (:all of them, :SEED of made ones)',
  needs: ['unshare', 'setpriv', 'timeout', AMREPORT],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 600_000,
  run,
}
