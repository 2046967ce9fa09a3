import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amandadCommand } from './amandad-command.ts'
import type { StockClientOptions } from './client-options.ts'

const CLIENT: StockClientOptions = {
  auth: 'ssh', address: 'db1.example', port: 10_080, user: 'backup', connectTimeoutMs: 15_000, connectTries: 1, requestTries: 3, replyTimeoutMs: 30_000, estimateTimeoutMs: 30_000,
  amandad: { path: '/usr/lib/amanda/amandad', login: 'amanda', keyFile: '/etc/key', port: 2222 },
  keepaliveMs: 2500, reservedTcpPorts: { first: 512, last: 1023 }, reservedUdpPorts: { first: 512, last: 1023 }, unreservedTcpPorts: undefined,
}

test('ssh is started with the words of Amanda and with keepalive', () => {
  const { name, argv } = amandadCommand(CLIENT, 2500, 'backup')
  assert.equal(name, 'ssh')
  assert.deepEqual(argv.filter((word, index) => !/^(?:ConnectTimeout|ServerAlive\w+)=/.test(word) && !/^(?:ConnectTimeout|ServerAlive\w+)=/.test(argv[index + 1] ?? '')), [
    'ssh', '-x', '-o', 'BatchMode=yes', '-l', 'amanda', '-p', '2222', '-i', '/etc/key', 'db1.example', '/usr/lib/amanda/amandad', '-auth=ssh',
  ])
  assert.ok(argv.includes('ConnectTimeout=15') && argv.includes('ServerAliveInterval=3') && argv.includes('ServerAliveCountMax=12'), argv.join(' '))
  const plain = amandadCommand({ ...CLIENT, amandad: { ...CLIENT.amandad, keyFile: undefined, port: undefined } }, 5000, 'backup').argv
  assert.ok(!plain.includes('-p') && !plain.includes('-i'))
})

test('local is amandad itself, as its own user where root may choose', () => {
  const local: StockClientOptions = { ...CLIENT, auth: 'local' }
  assert.deepEqual(amandadCommand(local, 5000, 'amanda'), { name: 'amandad', argv: ['/usr/lib/amanda/amandad', '-auth=local'] })
  assert.deepEqual(amandadCommand(local, 5000, 'root').argv, ['runuser', '-u', 'amanda', '--', '/usr/lib/amanda/amandad', '-auth=local'])
})
