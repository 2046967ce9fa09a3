import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readAll, type ByteSource } from './byte-stream.ts'
import { Fault } from './fault.ts'
import { nodeProcesses } from './node-processes.ts'
import { describeExit } from './processes.ts'

const text = async (source: ByteSource): Promise<string> => Buffer.from(await readAll(source, 1_000_000)).toString()

test('a program gets its input and gives output, errors, an extra pipe and its status', async () => {
  const running = await nodeProcesses.start({ argv: ['sh', '-c', 'cat; echo oops >&2; echo side >&3; exit 3'], extraPipes: ['out'] })
  await running.stdin.write(Buffer.from('hello'))
  await running.stdin.end()
  const [out, err, side] = await Promise.all([text(running.stdout), text(running.stderr), text(running.extra[0] as ByteSource)])
  assert.deepEqual([out, err, side], ['hello', 'oops\n', 'side\n'])
  assert.deepEqual(await running.exit, { code: 3, signal: null })
  assert.equal(describeExit(await running.exit), 'exited with status 3')
})

test('a large output flows with the reader', async () => {
  const running = await nodeProcesses.start({ argv: ['head', '-c', '5000000', '/dev/zero'] })
  await running.stdin.end()
  assert.equal((await readAll(running.stdout, 6_000_000)).length, 5_000_000)
})

test('every byte of an output comes once and in order, however the reader dawdles, also what is left when the program has gone', async () => {
  const lineCount = 200_000
  const expected = createHash('sha256').update(Array.from({ length: lineCount }, (_none, index) => `${index + 1}\n`).join('')).digest('hex')
  for (const pause of [0, 3, 400]) {
    const running = await nodeProcesses.start({ argv: ['seq', '1', String(lineCount)] })
    await running.stdin.end()
    const hash = createHash('sha256')
    let count = 0
    for (let piece = await running.stdout.read(); piece !== null; piece = await running.stdout.read()) {
      hash.update(piece)
      if (pause > 0 && count++ % pause === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal(hash.digest('hex'), expected)
  }
})

test('kill reaches what the program started', async () => {
  const running = await nodeProcesses.start({ argv: ['sh', '-c', 'sleep 60 & wait'] })
  running.kill('SIGKILL')
  assert.equal(describeExit(await running.exit), 'was ended by SIGKILL')
  // The pipe closes only when the sleep, which holds it too, is gone.
  assert.equal(await text(running.stdout), '')
})

test('a program that is not there is named', async () => {
  await assert.rejects(nodeProcesses.start({ argv: ['holdfast-no-such-program'] }), { code: 'process-missing', message: /holdfast-no-such-program/ })
})

test('a program that does not read its input ends the write with a reason, not the process', async () => {
  const running = await nodeProcesses.start({ argv: ['true'] })
  await running.exit
  await assert.rejects(
    async () => {
      for (let count = 0; count < 100; count++) await running.stdin.write(new Uint8Array(65536))
    },
    (error) => error instanceof Fault && error.code === 'cancelled',
  )
})
