import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { widenSendBuffer } from './socket-buffers.ts'

/** capabilities(7): number 12. */
const CAP_NET_ADMIN = 1 << 12

test('with the capability a socket keeps 64 MiB, without what it had; what is no socket harms nobody', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'socket-'))
  const server = net.createServer()
  try {
    await new Promise<void>((resolve) => server.listen(path.join(dir, 'socket'), resolve))
    const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle
    const isPermitted = process.platform === 'linux' && (Number.parseInt(/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0', 16) & CAP_NET_ADMIN) !== 0
    if (isPermitted) assert.equal(widenSendBuffer(fd), 64 * 1024 * 1024)
    else assert.ok(widenSendBuffer(fd) < 64 * 1024 * 1024)
    assert.equal(widenSendBuffer(-1), 0)
  } finally {
    server.close()
    rmSync(dir, { recursive: true })
  }
})
