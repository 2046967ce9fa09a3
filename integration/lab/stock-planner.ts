// Stock Amanda's planner on a generated world, at the hour of the world. Its clients are one server of ours that speaks bsdtcp just well
// enough to say which features it has and how large disks are; names and the clock are changed for the planner alone.

import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { decodePacket, encodePacket, type PacketKind } from '../../src/wire/amanda/packet.ts'
import { encodeTokenHead, TokenReader } from '../../src/wire/amanda/token.ts'
import { command, runCommand } from './commands.ts'
import { filesOfWorld, type PlannerWorld } from './planner-world.ts'

const PLANNER = '/usr/lib/amanda/planner'
export const STOCK_PLANNER_NEEDS = ['unshare', 'setpriv', 'mount', 'faketime', PLANNER]

/** What Amanda 3.5.1 can do. */
export const STOCK_FEATURES = 'ffffffff9efefbfffffffffffffff3fffbf71f'

const PLANNER_TIMEOUT_MS = 60_000

export interface StockPlan {
  /** Lines of stdout. */
  readonly schedule: readonly string[]
  /** Lines of stderr. */
  readonly trace: readonly string[]
  readonly log: string
}

/** Each host of a world has an address of its own, so that the server of all knows who is asked. */
function addressOf(index: number): string {
  return `127.1.0.${index + 1}`
}

export class StockPlanner implements AsyncDisposable {
  readonly #server: Server
  #world: PlannerWorld | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<StockPlanner> {
    const server = createServer({ allowHalfOpen: true })
    const planner = new StockPlanner(server)
    server.on('connection', (socket) => planner.#serve(socket))
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    return planner
  }

  #hosts(): string[] {
    return [...new Set((this.#world?.disks ?? []).map(({ dle }) => dle.host))]
  }

  #serve(socket: Socket): void {
    const reader = new TokenReader()
    let token: Uint8Array[] = []
    socket.on('error', () => socket.destroy()).on('end', () => socket.end())
    socket.on('data', (piece: Buffer) => {
      for (const part of reader.push(piece)) {
        if (part.kind === 'end') continue
        token.push(part.bytes)
        if (!part.isLast) continue
        const { kind, body } = decodePacket(Buffer.concat(token))
        token = []
        if (kind !== 'req') continue
        const send = (answer: PacketKind, text: string): void => {
          const payload = encodePacket({ kind: answer, body: text })
          socket.write(Buffer.concat([encodeTokenHead(part.handle, payload.length), payload]))
        }
        send('ack', '')
        send('rep', `OPTIONS features=${STOCK_FEATURES};\n${this.#sizes(body, socket.localAddress ?? '')}`)
      }
    })
  }

  /** Lines of a reply to sendsize; none for other services. */
  #sizes(request: string, address: string): string {
    if (!request.includes('SERVICE sendsize\n')) return ''
    const host = this.#hosts().find((_, index) => addressOf(index) === address)
    const lines = request.split('</dle>').flatMap((dle) => {
      const [, raw, plain] = /<disk(?: encoding="raw" raw="([^"]*)")?>([^<]*)<\/disk>/.exec(dle) ?? []
      const disk = raw === undefined ? plain : Buffer.from(raw, 'base64').toString('utf8')
      const known = this.#world?.disks.find((one) => one.dle.host === host && one.dle.disk === disk)
      // A level that the server knows is marked; a client estimates it all the same unless the disk is left to the server.
      const isLeftToServer = dle.includes('<estimate>SERVER')
      const levels = [...dle.matchAll(/<level>(\d+)(<server>)?/g)].filter(([, , mark]) => !isLeftToServer || mark === undefined)
      return levels.map(([, level]) => `"${disk}" ${level} SIZE ${known?.sizes.get(Number(level)) ?? -1}\n`)
    })
    return lines.join('')
  }

  /** Runs the planner at the hour of the world with its files below `dir`, which must not be there yet. */
  async plan(world: PlannerWorld, dir: string): Promise<StockPlan> {
    this.#world = world
    for (const name of ['', 'log', 'index', 'curinfo', 'vtapes']) mkdirSync(path.join(dir, name), { recursive: true })
    for (const [name, text] of filesOfWorld(world, dir, (this.#server.address() as AddressInfo).port)) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
      writeFileSync(path.join(dir, name), text)
    }
    const names = this.#hosts().map((host, index) => `${addressOf(index)} ${host}\n`)
    writeFileSync(path.join(dir, 'hosts'), `127.0.0.1 localhost\n${names.join('')}`)
    const { datestamp, nowS } = world.facts
    const log = path.join(dir, 'log', `log.${datestamp}.0`)
    await command(['chown', '-R', 'backup:backup', dir])
    const script = `set -e; mount --bind '${dir}/hosts' /etc/hosts; mkdir -p /tmp/amanda; cd '${dir}'; exec setpriv --reuid=backup --regid=backup --init-groups "$@"`
    const at = new Date(nowS * 1000).toISOString().replace('T', ' ').slice(0, 19)
    const argv = ['faketime', at, PLANNER, '.', '--starttime', datestamp, '--log-filename', log]
    const { status, stdout, stderr } = await runCommand(['unshare', '--mount', 'sh', '-c', script, 'sh', 'env', 'TZ=UTC', 'LC_ALL=C', ...argv], { timeoutMs: PLANNER_TIMEOUT_MS })
    // 1 when it could not plan every disk.
    if ((status !== 0 && status !== 1) || !/GENERATING SCHEDULE:|cannot fit anything on tape/.test(stderr)) throw new Error(`stock planner of seed ${world.seed} ended with ${status}: ${stderr.slice(-2000)}`)
    writeFileSync(path.join(dir, 'stderr'), stderr)
    return { schedule: stdout.split('\n').filter((line) => line !== ''), trace: stderr.split('\n'), log: readFileSync(log, 'utf8') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
