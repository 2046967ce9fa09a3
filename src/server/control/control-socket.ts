// The Unix socket of the control protocol: a thin shell around serveControl. Only the user of the server may connect (mode 0600). A
// socket that a dead server left is replaced; one that answers is never touched.

import { chmodSync, existsSync, unlinkSync } from 'node:fs'
import { umask } from 'node:process'
import { connect, createServer, type Socket } from 'node:net'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { sinkOfWritable, sourceOfReadable } from '../../kernel/node-streams.ts'
import { serveControl, type ControlHandler } from './control-connection.ts'

/** Whether somebody answers at `path`. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe: Socket = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

/** Listens at `path`. Rejects with `server-running` when a server answers there. Dispose to stop. */
export async function listenControl(path: string, handler: ControlHandler): Promise<AsyncDisposable> {
  if (existsSync(path)) {
    if (await isAlive(path)) throw new Fault('server-running', `a server answers at ${path}`)
    unlinkSync(path)
  }
  const controller = new AbortController()
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => clients.delete(socket))
    void serveControl(sourceOfReadable(socket), sinkOfWritable(socket), handler, controller.signal)
  })
  const before = umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
  } catch (error) {
    throw faultOf(error)
  } finally {
    umask(before)
  }
  return {
    async [Symbol.asyncDispose]() {
      controller.abort(new Fault('server-stopping', 'the server is stopping'))
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const client of clients) client.destroySoon()
      })
    },
  }
}
