// The peer of the dump bench: `tar | Node TLS socket | file`, two processes and nothing else: no framing, no checksum, no index.
//   bare-pipe.ts receive DIR FILE    listens, prints its port, writes one stream to FILE, syncs it, prints `done BYTES`
//   bare-pipe.ts send DIR PORT WORDS…  runs the command WORDS… (a tar) and sends what it writes
// DIR holds key.pem and cert.pem.

import { spawn } from 'node:child_process'
import { closeSync, createWriteStream, fdatasyncSync, openSync, readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import path from 'node:path'
import tls from 'node:tls'

const [role, dir = '', ...rest] = process.argv.slice(2)
const key = readFileSync(path.join(dir, 'key.pem'))
const cert = readFileSync(path.join(dir, 'cert.pem'))

function receive(file: string): void {
  const server = tls.createServer({ key, cert, minVersion: 'TLSv1.3' }, (socket) => {
    server.close()
    const out = createWriteStream(file, { highWaterMark: 1024 * 1024 })
    pipeline(socket, out).then(
      () => {
        const fd = openSync(file, 'r+')
        fdatasyncSync(fd)
        closeSync(fd)
        process.stdout.write(`done ${socket.bytesRead}\n`)
      },
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exitCode = 1
      },
    )
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`)
  })
}

async function send(port: number, program: string, args: readonly string[]): Promise<void> {
  const tar = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const socket = tls.connect({ port, host: '127.0.0.1', key, cert, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  await pipeline(tar.stdout, socket)
}

if (role === 'receive') receive(rest[0] ?? '')
else await send(Number(rest[0]), rest[1] ?? '', rest.slice(2))
