import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import net from 'node:net'
import { test } from 'node:test'
import { readIntoBuffers } from './socket-reads.ts'

/** Reads `socket` to its end through one small buffer. */
function readThrough(socket: net.Socket): Promise<string> {
  const buffer = Buffer.alloc(8)
  let text = ''
  const isFixed = readIntoBuffers(socket, () => buffer, (bytes) => {
    text += buffer.toString('latin1', 0, bytes)
    return true
  })
  // On a Node where this fails everything still works through `data`, but a dump costs twice the time: look at socket-reads.ts.
  assert.equal(isFixed, true, 'this Node does not let reads fill buffers of ours')
  return new Promise((resolve) => {
    socket.once('close', () => resolve(text))
    socket.resume()
  })
}

test('a connection that was accepted is read into the buffers that are given', async () => {
  const sockets = Promise.withResolvers<net.Socket>()
  const server = net.createServer({ pauseOnConnect: true }, (socket) => sockets.resolve(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  net.connect(port, '127.0.0.1').end('more than one buffer holds')
  assert.equal(await readThrough(await sockets.promise), 'more than one buffer holds')
  server.close()
})

test('so is the output of a child', async () => {
  const child = spawn('printf', ['%s', 'more than one buffer holds'], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.equal(await readThrough(child.stdout as unknown as net.Socket), 'more than one buffer holds')
})

test('a stream without a handle is left to its events', () => {
  const socket = new net.Socket()
  assert.equal(readIntoBuffers(socket, () => Buffer.alloc(8), () => true), false)
})
