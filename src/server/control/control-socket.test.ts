import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listenControl } from './control-socket.ts'

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write('{"id":1,"request":{"kind":"agents"}}\n'))
    socket.once('error', reject)
    socket.once('data', (bytes: Buffer) => {
      socket.destroy()
      resolve(bytes.toString())
    })
  })
}

test('the socket is for its owner alone, a live one is refused, a dead one replaced, and it goes with the server', async (t) => {
  const dir = mkdtempSync('/tmp/M-socket-')
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = `${dir}/control.sock`
  const handler = async (): Promise<{ agents: never[] }> => ({ agents: [] })
  const first = await listenControl(path, handler)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(await ask(path), '{"id":1,"kind":"result","result":{"agents":[]}}\n')
  await assert.rejects(listenControl(path, handler), { code: 'server-running' })
  assert.match(await ask(path), /result/)
  await first[Symbol.asyncDispose]()
  assert.equal(existsSync(path), false)

  // A server that was killed leaves its socket: bound, and nobody answers.
  spawnSync(process.execPath, ['-e', `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`])
  assert.ok(existsSync(path))
  const second = await listenControl(path, handler)
  assert.match(await ask(path), /result/)
  await second[Symbol.asyncDispose]()
})
