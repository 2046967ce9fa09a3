import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { ControlCall, ServerEvent } from '../server/control/contract.ts'
import { openControlClient } from './control-client.ts'

/** A server whose answer to each call the test writes itself, on a socket in a temporary folder. */
async function withServer(answer: (call: ControlCall, socket: Socket) => void, work: (socketPath: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-control-'))
  const socketPath = path.join(dir, 's')
  const server = createServer((socket) => {
    let rest = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) answer(JSON.parse(line) as ControlCall, socket)
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  try {
    await work(socketPath)
  } finally {
    await new Promise((resolve) => server.close(resolve))
    rmSync(dir, { recursive: true })
  }
}

test('results, events and faults reach the call they belong to, in any order and split anywhere', async () => {
  const held: { id: number; socket: Socket }[] = []
  await withServer(
    ({ id, request }, socket) => {
      if (request.kind === 'status') held.push({ id, socket })
      else {
        const text = `{"id":${id},"kind":"event","event":{"kind":"stopping","atMs":5}}\n{"id":${id},"kind":"fault","fault":{"code":"no-volume","message":"none left","next":"Add one."}}\n{"id":${held[0]?.id},"kind":"result","result":{"name":"x"}}\n`
        for (const char of text) socket.write(char)
      }
    },
    async (socketPath) => {
      await using client = await openControlClient(socketPath, new AbortController().signal)
      const events: ServerEvent[] = []
      const first = client.call({ kind: 'status' })
      await assert.rejects(client.call({ kind: 'flush', wait: true }, (event) => events.push(event)), { code: 'no-volume', message: 'none left', next: 'Add one.' })
      assert.deepEqual(await first, { name: 'x' })
      assert.deepEqual(events, [{ kind: 'stopping', atMs: 5 }])
    },
  )
})

test('a server that goes away or talks nonsense fails every call', async () => {
  await withServer(
    ({ request }, socket) => void (request.kind === 'status' ? socket.destroy() : socket.write('not json\n')),
    async (socketPath) => {
      await using gone = await openControlClient(socketPath, new AbortController().signal)
      await assert.rejects(gone.call({ kind: 'status' }), { code: 'server-away' })
      await assert.rejects(gone.call({ kind: 'status' }), { code: 'server-away' })
      await using odd = await openControlClient(socketPath, new AbortController().signal)
      await assert.rejects(odd.call({ kind: 'agents' }), { code: 'wire-malformed' })
    },
  )
})

test('an interrupt ends a call that waits', async () => {
  const controller = new AbortController()
  await withServer(
    () => controller.abort(),
    async (socketPath) => {
      await using client = await openControlClient(socketPath, controller.signal)
      await assert.rejects(client.call({ kind: 'status' }), { code: 'cancelled' })
    },
  )
})
