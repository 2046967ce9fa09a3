// Dumps of stock Amanda for restoring programs to read: several disks of this machine, compressed and encrypted on either side, split over vtapes, and one that stays
// on the holding disk. Everything lies below one directory and is seen by programs that run in its room.

import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { command, runCommand, type CommandResult } from './commands.ts'
import { StockRoom } from './stock-room.ts'
import { must } from './must.ts'
import { seededRandom } from '../../src/kernel/random.ts'

const CONFIG = 'fetch'
const DUMP_TIMEOUT_MS = 90_000
const LIB = '/var/lib/amanda/fetch'

/** Which dumptype each disk has. */
const DISKS: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  big: [],
  'my disk': ['compress client fast'],
  sealed: ['compress server custom', 'server_custom_compress "/etc/amanda/bin/zip"', 'encrypt server', 'server_encrypt "/etc/amanda/bin/seal"', 'server_decrypt_option "-d"'],
}
/** Dumped once more, to the holding disk. */
const HELD = 'plain'

const FILTERS: Readonly<Record<string, string>> = {
  zip: '#!/bin/sh\n[ "$1" = -d ] && exec gzip -dc\nexec gzip -1c\n',
  seal: String.raw`#!/bin/sh
exec tr '\000-\377' '\200-\377\000-\177'
`,
}

function amandaConf(): string {
  const dumptype = (name: string, lines: readonly string[]): string => `define dumptype ${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`
  const base = ['program "GNUTAR"', 'auth "local"', 'index no', 'record no', 'estimate server', 'compress none']
  return `org "fetch"
dumpuser "backup"
mailto ""
send-amreport-on never
infofile "${LIB}/curinfo"
logdir "${LIB}/log"
indexdir "${LIB}/index"
tapelist "/etc/amanda/${CONFIG}/tapelist"
tapecycle 4
runtapes 3
inparallel 5
maxdumps 5
autolabel "VOL%%" empty volume_error
tpchanger "chg-disk:${LIB}/vtapes"
labelstr "VOL[0-9][0-9]"
tapetype VTAPE
define tapetype VTAPE {
    length 2 mbytes
    part_size 512 kbytes
}
holdingdisk hd1 {
    directory "${LIB}/holding"
    use 100 mbytes
    chunksize 1 mbyte
}
${dumptype('base', base)}${Object.keys(DISKS).map((disk, index) => dumptype(`type${index}`, ['base', ...(DISKS[disk] ?? [])])).join('')}`
}

export class StockDumps implements Disposable {
  readonly #room: StockRoom
  readonly #dir: string

  private constructor(room: StockRoom, dir: string) {
    this.#room = room
    this.#dir = dir
  }

  /** Makes the disks and dumps them. */
  static async make(dir: string): Promise<StockDumps> {
    const room = new StockRoom(dir, Number(await command(['id', '-u', 'backup'])))
    const at = (name: string): string => path.join(dir, name)
    for (const name of ['etc/bin', `etc/${CONFIG}`, 'srv', ...['vtapes', 'holding', 'log'].map((sub) => `lib/${CONFIG}/${sub}`), ...[1, 2, 3, 4, 5].map((slot) => `lib/${CONFIG}/vtapes/slot${slot}`)]) mkdirSync(at(name), { recursive: true })
    for (const [name, text] of Object.entries(FILTERS)) writeFileSync(at(`etc/bin/${name}`), text, { mode: 0o755 })
    writeFileSync(at(`etc/${CONFIG}/amanda.conf`), amandaConf())
    const random = seededRandom(5)
    const entries = Object.keys(DISKS).map((disk, index) => {
      const tree = at(`srv/${index}`)
      mkdirSync(tree)
      writeFileSync(path.join(tree, 'numbers'), Array.from({ length: 3000 }, (_, number) => `${number}\n`).join(''))
      if (disk === 'big') writeFileSync(path.join(tree, 'random'), random.bytes(2_200_000))
      return `localhost "${disk}" "${tree}" type${index}\n`
    })
    writeFileSync(at(`etc/${CONFIG}/disklist`), entries.join(''))
    await command(['chown', '-R', 'backup:backup', dir])
    const dumps = new StockDumps(room, dir)
    const log = (): string => readdirSync(at(`lib/${CONFIG}/log`)).join(' ')
    const first = await dumps.run(['amdump', CONFIG], dir, DUMP_TIMEOUT_MS)
    must(first.status === 0, `amdump ended with ${first.status}: ${first.stdout}${first.stderr} (${log()})`)
    const second = await dumps.run(['amdump', '--no-taper', CONFIG, 'localhost', HELD], dir, DUMP_TIMEOUT_MS)
    must(second.status === 0, `amdump --no-taper ended with ${second.status}: ${second.stdout}${second.stderr}`)
    return dumps
  }

  /** Runs a program of the dump user in the room. */
  run(argv: readonly string[], workingDir: string, timeoutMs = DUMP_TIMEOUT_MS): Promise<CommandResult> {
    return runCommand(this.#room.words(argv, true), { workingDir, timeoutMs, environment: { LC_ALL: 'C' } })
  }

  /** Where a slot really lies, and how the room calls it. */
  slot(number: number): { readonly path: string; readonly inRoom: string } {
    return { path: path.join(this.#dir, `lib/${CONFIG}/vtapes/slot${number}`), inRoom: `${LIB}/vtapes/slot${number}` }
  }

  /** The file on the holding disk as the room calls it. */
  heldFile(): string {
    const holding = path.join(this.#dir, `lib/${CONFIG}/holding`)
    const [run = ''] = readdirSync(holding)
    const [file = ''] = readdirSync(path.join(holding, run))
    return `${LIB}/holding/${run}/${file}`
  }

  /** Lets `work` break volumes, and mends them. */
  async whileBroken(breakIt: () => void, work: () => Promise<void>): Promise<void> {
    const vtapes = path.join(this.#dir, `lib/${CONFIG}/vtapes`)
    const kept = path.join(this.#dir, 'kept')
    cpSync(vtapes, kept, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    try {
      breakIt()
      await command(['chown', '-R', '-h', 'backup:backup', vtapes])
      await work()
    } finally {
      rmSync(vtapes, { recursive: true })
      cpSync(kept, vtapes, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
      await command(['chown', '-R', '-h', 'backup:backup', vtapes])
      rmSync(kept, { recursive: true })
    }
  }

  [Symbol.dispose](): void {
    this.#room[Symbol.dispose]()
  }
}
