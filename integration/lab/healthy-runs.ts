// Runs of stock Amanda that are well, as different from one another as set-ups are: ways to talk, programs, compression, estimates, parts, odd names,
// levels, and what operators do around a run. Number N is always the same run. Every eight runs share volumes and history, so that later ones are
// incremental.

import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import type { FaultContext, FaultScenario } from './fault-scenario.ts'
import { must } from './must.ts'
import type { StockAmanda } from './stock-amanda.ts'

export const RUNS_OF_SERIES = 8
const UDP_PORT = 10_090
const STEP_MS_MAX = 60_000
const LARGE_FILE_BYTES = 24 * 1024 * 1024
/** Of the runs whose logs are kept, the number and what is special. */
const KEPT: Readonly<Record<number, string>> = { 0: 'first-run', 1: 'amgtar-level-one', 2: 'udp-server-estimate', 3: 'bsd-calcsize', 4: 'local-parts', 5: 'odd-names', 6: 'file-changed', 7: 'fetched', 12: 'best-compression', 14: 'server-compression' }

function pick<T>(items: readonly T[], number: number): T {
  const item = items[number % items.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

const AUTHS = ['bsdtcp', 'bsdtcp', 'bsdudp', 'bsd', 'local'] as const

/** Both hosts as before the first run, but for configuration: no volumes, no history; trees to dump on both. */
function freshen(stock: StockAmanda): void {
  const { uid } = statSync(stock.at('server', 'lib'))
  const own = (file: string): void => chownSync(file, uid, uid)
  for (const name of ['vtapes', 'holding', 'index', 'curinfo']) {
    rmSync(stock.at('server', `lib/lab/${name}`), { recursive: true, force: true })
    mkdirSync(stock.at('server', `lib/lab/${name}`))
    own(stock.at('server', `lib/lab/${name}`))
  }
  for (let slot = 1; slot <= RUNS_OF_SERIES; slot++) {
    mkdirSync(stock.at('server', `lib/lab/vtapes/slot${slot}`))
    own(stock.at('server', `lib/lab/vtapes/slot${slot}`))
  }
  for (const host of ['server', 'client'] as const) {
    for (const name of ['tapelist', 'tapelist.lock', 'tapelist.last_write', 'command_file']) rmSync(stock.at(host, `etc/lab/${name}`), { force: true })
    for (const file of readdirSync(stock.at(host, 'lib/gnutar-lists'))) rmSync(path.join(stock.at(host, 'lib/gnutar-lists'), file))
    writeFileSync(stock.at(host, 'lib/amandates'), '')
    for (const dir of ['srv/my dir', 'srv/büro', 'srv/local']) {
      mkdirSync(stock.at(host, dir), { recursive: true })
      for (let index = 0; index < 20; index++) writeFileSync(path.join(stock.at(host, dir), `note ${index}`), `${index}\n`.repeat(1000))
    }
  }
}

/** What the dumps of this run are of. */
function disklist(number: number, auth: string): string {
  const port = auth === 'bsd' || auth === 'bsdudp' ? `client-port "${UDP_PORT}"` : ''
  const type = `{\n plain\n auth "${auth}"\n ${port}\n}`
  const host = auth === 'local' ? 'localhost' : 'amclient'
  const main = auth === 'local' ? '/srv/local' : '/srv/many'
  const odd = number % 3 === 2 ? [`${host} "/srv/my dir" ${type}`, `${host} "büro" "/srv/büro" ${type}`] : []
  return [`${host} ${main} ${type}`, ...odd, ''].join('\n')
}

function udpService(auth: string): string {
  return `}\nservice amanda-udp\n{\n type = UNLISTED\n flags = IPv4\n socket_type = dgram\n protocol = udp\n wait = yes\n port = ${UDP_PORT}\n user = backup\n group = backup\n groups = yes\n server = /usr/lib/amanda/amandad\n server_args = -auth=${auth} amdump`
}

/** A socket, which tar leaves out, and a file that grows while tar reads it. Returns what ends both. */
async function unquiet(stock: StockAmanda): Promise<() => Promise<void>> {
  const dir = stock.at('client', 'srv/many')
  const socket = createServer()
  const socketFile = path.join(dir, 'control.socket')
  rmSync(socketFile, { force: true })
  await new Promise<void>((resolve) => socket.listen(path.relative(process.cwd(), socketFile), () => resolve()))
  const growing = path.join(dir, 'growing.log')
  writeFileSync(growing, Buffer.alloc(LARGE_FILE_BYTES, 'x'))
  const timer = setInterval(() => writeFileSync(growing, 'one more line\n', { flag: 'a' }), 4)
  return async () => {
    clearInterval(timer)
    await new Promise<void>((resolve) => socket.close(() => resolve()))
    rmSync(growing, { force: true })
    rmSync(socketFile, { force: true })
  }
}

async function runAll(number: number, auth: string, { stock, amdump, paste }: FaultContext): Promise<void> {
  await using _client = stock.startClient()
  const host = auth === 'local' ? 'localhost' : 'amclient'
  const say = async (name: string, work: Promise<{ readonly stdout: string; readonly stderr: string }>): Promise<string> => {
    const { stdout, stderr } = await work
    paste(name, stdout + stderr)
    return stdout + stderr
  }
  if (number % 4 === 1) await say('amcheck.txt', stock.onServer(['amcheck', '-s', '-t', 'lab'], STEP_MS_MAX))
  await amdump()
  must(readdirSync(stock.at('server', 'lib/lab/vtapes'), { recursive: true, encoding: 'utf8' }).filter((file) => /^slot\d+\/00001\.[al]/.test(file)).length === 1 + (number % RUNS_OF_SERIES), `healthy run ${number} left no dump on a volume`)
  if (number % 4 === 2) await say('amreport.txt', stock.onServer(['amreport', 'lab'], STEP_MS_MAX))
  if (number % 8 === 7) await say('amfetchdump.txt', stock.onServer(['sh', '-c', `cd /tmp/amanda && amfetchdump -a lab ${host} && rm -f ${host}.*`], STEP_MS_MAX))
  if (number % 8 === 3) await say('amrecover.txt', stock.onServerAsRoot(['sh', '-c', `cd /tmp/amanda && printf 'sethost ${host}\\nsetdisk /srv/many\\nls\\nexit\\n' | amrecover lab -o auth=local`], STEP_MS_MAX))
}

/** The run with this number; the first of a series lays everything out anew. */
export function healthyRun(number: number): FaultScenario {
  const inSeries = number % RUNS_OF_SERIES
  const series = Math.floor(number / RUNS_OF_SERIES)
  const auth = pick(AUTHS, number)
  const isStarThere = existsSync('/usr/bin/star')
  const program = pick(['GNUTAR', 'amgtar', 'GNUTAR', isStarThere ? 'amstar' : 'amgtar'], inSeries < 2 ? inSeries : number)
  const compress = pick(['none', 'client fast', 'server fast', 'none', 'client best'], number + series)
  const estimate = pick(['client', 'client', 'server', 'calcsize'], number + series)
  const isKept = KEPT[number] !== undefined
  return {
    name: isKept ? `healthy-${KEPT[number] ?? ''}` : `healthy-run-${number}`,
    how: `nothing was broken: auth ${auth}, ${program}, compress ${compress}, estimate ${estimate}`,
    failures: [],
    isKept,
    goesOn: inSeries > 0,
    setUp: {
      settings: ['req-tries 3', 'connect-tries 3', 'ctimeout 30', `autoflush ${number % 2 === 0 ? 'yes' : 'all'}`, ...['amgtar', 'amstar'].map((name) => `define application ${name} {\n    plugin "${name}"\n}`)].join('\n'),
      dumptype: [
        ...(program === 'GNUTAR' ? [] : ['program "APPLICATION"', `application "${program}"`]),
        `compress ${compress}`,
        `estimate ${estimate}`,
        'record yes',
        'strategy standard',
        ...(number % 5 === 4 ? ['holdingdisk never'] : []),
      ].join('\n    '),
      // A server that knows no history takes every new disk for 100 MB.
      definitions: `define tapetype WIDE {\n    length 2 gbytes\n${number % 4 === 0 ? '    part-size 100 kbytes\n' : ''}}\ntapetype WIDE\n`,
      disklist: disklist(number, auth),
      ...(auth === 'bsd' || auth === 'bsdudp' ? { xinetd: udpService(auth) } : {}),
    },
    async breakIt({ stock }) {
      if (inSeries === 0) freshen(stock)
      if (inSeries === 3) writeFileSync(stock.at('server', 'amandahosts'), 'localhost backup amdump amindexd amidxtaped\nlocalhost root amindexd amidxtaped\n')
      return inSeries === 6 && auth !== 'local' ? await unquiet(stock) : undefined
    },
    run: (context) => runAll(number, auth, context),
  }
}
