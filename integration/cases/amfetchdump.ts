// Ours against stock Amanda's: the same dumps of a stock run are fetched, restored and checked by amfetchdump, amrestore and amcheckdump of both, and every byte of what
// is printed and written must be the same; also when a part is broken. Part `all` asks for every option.

import { createHash } from 'node:crypto'
import { chownSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { StockDumps } from '../lab/stock-dumps.ts'

const CONFIG = 'fetch'
const OURS = [process.execPath, '--disable-warning=ExperimentalWarning', path.resolve(import.meta.dirname, '../../src/cli/main.ts')]
const PROGRAMS = ['amfetchdump', 'amrestore', 'amcheckdump']

type Call = readonly [string, ...string[]]

interface Seen {
  readonly status: number | null
  readonly out: string
  readonly err: string
  readonly files: readonly string[]
}

/** Amanda's own source is named in some messages; lines of several programs come in any order. */
function printed(text: string): string {
  const lines = text.replaceAll(/ at \/usr\/sbin\/\w+ line \d+\.\n/g, '\n').split('\n')
  // How far a program had come when it told is chance.
  const steady = lines.map((line) => line.split('\r').at(-1) ?? '').filter((line, index) => line !== '' || index === 0)
  return (lines.some((line) => line.startsWith('filter stderr')) ? steady.toSorted() : steady).join('\n')
}

async function see(dumps: StockDumps, dir: string, argv: Call): Promise<Seen> {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir)
  const { uid, gid } = statSync(path.dirname(dir))
  chownSync(dir, uid, gid)
  // Dumps that go to standard output are bytes, not text.
  const result = await dumps.run(['sh', '-c', '"$@" >stdout', 'sh', ...argv], dir)
  const files = readdirSync(dir).toSorted().filter((name) => name !== 'stdout').map((name) => {
    const file = path.join(dir, name)
    return `${name} ${(statSync(file).mode & 0o777).toString(8)} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`
  })
  return { status: result.status, out: readFileSync(path.join(dir, 'stdout'), 'latin1'), err: printed(result.stderr), files }
}

class Comparison {
  readonly #dumps: StockDumps
  readonly #dir: string
  count = 0

  constructor(dumps: StockDumps, dir: string) {
    this.#dumps = dumps
    this.#dir = dir
  }

  async same(...call: Call): Promise<Seen> {
    const [program, ...words] = call
    const stock = await see(this.#dumps, path.join(this.#dir, 'stock'), [`/usr/sbin/${program}`, ...words])
    const ours = await this.ours(...call)
    const isChecked = program === 'amcheckdump'
    const shown = ({ status, out, err, files }: Seen): string => JSON.stringify([status, isChecked ? printed(out) : out.length > 5000 ? createHash('sha256').update(out, 'latin1').digest('hex') : out, err, files], undefined, 1)
    must(shown(ours) === shown(stock), `${call.join(' ')}: ours ${shown(ours)}\nstock ${shown(stock)}`)
    this.count++
    return ours
  }

  /** For what stock Amanda does not tell. */
  async ours(...[program, ...words]: Call): Promise<Seen> {
    return await see(this.#dumps, path.join(this.#dir, 'ours'), [OURS[0] ?? '', ...OURS.slice(1), program, ...words])
  }
}

function fileOf(slot: string, number: number): string {
  const name = readdirSync(slot).find((file) => file.startsWith(`${String(number).padStart(5, '0')}.`))
  must(name !== undefined, `${slot} has no file ${number}`)
  return path.join(slot, name ?? '')
}

/** A byte of the data of a file is another one. */
function spoil(file: string): void {
  const bytes = readFileSync(file)
  bytes[33_500] = (bytes[33_500] ?? 0) ^ 0x55
  writeFileSync(file, bytes)
}

async function quick(compare: Comparison, dumps: StockDumps): Promise<void> {
  const all = await compare.same('amfetchdump', '-a', CONFIG, 'localhost')
  must(all.status === 0 && all.files.length === 5, `five dumps were to be fetched: ${all.files.join(', ')}`)
  await compare.same('amrestore', `file:${dumps.slot(1).inRoom}`)
  await dumps.whileBroken(
    () => spoil(fileOf(dumps.slot(1).path, 2)),
    async () => {
      const broken = await compare.same('amcheckdump', CONFIG)
      must(broken.status === 1, 'a broken part must be found')
    },
  )
}

const ALL_CALLS: readonly Call[] = [
  ['amfetchdump'], ['amfetchdump', '--version'], ['amfetchdump', CONFIG, 'nohost'], ['amfetchdump', '-c', '-l', CONFIG, 'localhost'], ['amfetchdump', CONFIG, 'localhost', '['], ['amfetchdump', CONFIG, 'localhost', 'plain', 'x'],
  ['amfetchdump', '-n', '-h', '-a', CONFIG, 'localhost', 'big'], ['amfetchdump', '-p', '-a', CONFIG, 'localhost', 'my disk'], ['amfetchdump', '-a', '-l', '-h', CONFIG, 'localhost', 'sealed'], ['amfetchdump', '-a', '-c', CONFIG, 'localhost'],
  ['amfetchdump', '-a', '-C', '-h', CONFIG, 'localhost', 'plain'], ['amfetchdump', '-a', '--no-decompress', CONFIG, 'localhost', '', '2'], ['amfetchdump', '-a', '--server-decompress', CONFIG, 'localhost', '*', '2', '0'], ['amfetchdump', '-a', '--client-decompress', CONFIG, 'localhost', '*', '2', '0'],
  ['amfetchdump', '-a', '--header-file', 'head', CONFIG, 'localhost', 'sealed'], ['amfetchdump', '--exact-match', CONFIG, 'localhost', 'big'], ['amfetchdump', '-d', 'chg-disk:/nonexist', CONFIG, 'localhost'], ['amfetchdump', '-O', '/nonexist', CONFIG, 'localhost'],
  ['amrestore'], ['amrestore', '-x'], ['amrestore', 'file:/nonexist'], ['amcheckdump'], ['amcheckdump', CONFIG], ['amcheckdump', '-t', '2000', CONFIG], ['amcheckdump', '-t', 'x', CONFIG],
]

async function everything(compare: Comparison, dumps: StockDumps): Promise<void> {
  for (const call of ALL_CALLS) await compare.same(...call)
  const device = `file:${dumps.slot(1).inRoom}`
  for (const words of [['-r', device, 'localhost', 'sealed'], ['-h', device], ['-c', device], ['-f', '2', device], ['-f', '80', device], ['-l', 'OTHER', device], ['-p', device, 'localhost', 'my disk'], ['--holding', dumps.heldFile()], ['-r', dumps.heldFile()]]) await compare.same('amrestore', ...words)
  await dumps.whileBroken(() => rmSync(fileOf(dumps.slot(1).path, 2)), async () => {
    await compare.same('amfetchdump', '-a', CONFIG, 'localhost')
    await compare.same('amcheckdump', CONFIG)
  })
  // Stock Amanda gives a dump that lacks a piece as if it were whole.
  const big = fileOf(dumps.slot(1).path, readdirSync(dumps.slot(1).path).filter((name) => name.includes('localhost.big')).map((name) => Number(name.slice(0, 5)))[0] ?? 1)
  await dumps.whileBroken(() => truncateSync(big, 40_000), async () => {
    const cut = await compare.ours('amfetchdump', '-a', CONFIG, 'localhost', 'big')
    must(cut.status === 1 && /recovery failed: server-crc \(\S+\) and source_crc \(\S+\) differ/.test(cut.err), `a dump that was cut was not found out: ${cut.err}`)
  })
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  using dumps = await StockDumps.make(dir)
  note('stock Amanda has dumped')
  const compare = new Comparison(dumps, dir)
  await quick(compare, dumps)
  if (parts.includes('all')) await everything(compare, dumps)
  return `${compare.count} command lines of amfetchdump, amrestore and amcheckdump print and write what stock Amanda's do`
}

export const integrationCase: IntegrationCase = {
  name: 'amfetchdump',
  summary: 'dumps of stock Amanda come back as its own amfetchdump, amrestore and amcheckdump give them',
  needs: ['unshare', 'setpriv', 'amdump', ...PROGRAMS, '/usr/lib/amanda/amandad', '/bin/gzip'],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 900_000,
  run,
}
