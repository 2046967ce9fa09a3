import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { ChaosProxy, type DeedTold } from './chaos-proxy.ts'

async function echoServer(): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function echo(socket: net.Socket, text: string): Promise<string> {
  socket.write(text)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString()
}

test('the proxy passes bytes, and each deed does what its name says', async () => {
  const server = await echoServer()
  const told: DeedTold[] = []
  await using proxy = await ChaosProxy.start({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }, (deed) => told.push(deed))

  const cut = await connected(proxy.port)
  assert.equal(await echo(cut, 'one'), 'one')
  proxy.do('cut')
  await once(cut, 'close')

  const reset = await connected(proxy.port)
  assert.equal(await echo(reset, 'two'), 'two')
  proxy.do('reset')
  const [error] = (await once(reset, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')

  const stalled = await connected(proxy.port)
  assert.equal(await echo(stalled, 'three'), 'three')
  proxy.do('stall', 30)
  assert.equal(await echo(stalled, 'four'), 'four')

  proxy.do('black-hole', 30)
  stalled.write('into the dark')
  const silence = await Promise.race([once(stalled, 'data').then(() => 'heard'), new Promise((resolve) => setTimeout(() => resolve('silence'), 60))])
  assert.equal(silence, 'silence')
  assert.equal(await echo(await connected(proxy.port), 'five'), 'five')

  assert.deepEqual(told.map(({ deed, connections }) => [deed, connections]), [['cut', 1], ['reset', 1], ['stall', 1], ['black-hole', 1]])
  server.close()
  stalled.destroy()
})
