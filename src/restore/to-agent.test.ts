import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBytePipe, type BytePipe } from '../kernel/byte-pipe.ts'
import { readAll } from '../kernel/byte-stream.ts'
import { systemClock } from '../kernel/clock.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import type { ByteStream, Connection } from '../transport/contract.ts'
import { decodeDumpHeader, DUMP_HEADER_BYTES } from '../wire/amanda/dump-header.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import { createMemoryVolumes } from '../../testkit/memory-volumes.ts'
import { restoreToAgent } from './to-agent.ts'

interface Side {
  readonly stream: ByteStream
  readonly peerReads: BytePipe
  readonly peerWrites: BytePipe
}

function side(handle: number): Side {
  const [out, back] = [createBytePipe(1 << 16), createBytePipe(1 << 16)]
  const stream: ByteStream = {
    handle,
    read: () => back.read(),
    cancel: (reason) => back.cancel(reason),
    write: (piece) => out.write(piece),
    end: () => out.end(),
    fail: (reason) => out.fail(reason),
    commit: () => undefined,
    committedBytes: () => 0,
    onStopped: () => undefined,
  }
  return { stream, peerReads: out, peerWrites: back }
}

interface Received {
  readonly control: string[]
  readonly data: Buffer
}

/** An agent that answers as Amanda's restore service does. */
function fakeAgent(received: Received[], complaint?: string): Connection {
  const sides = new Map<number, Side>()
  let nextHandle = 1
  const serve = async (control: Side, data: Side, mesg: Side): Promise<void> => {
    const said: string[] = []
    const answer = (line: string): Promise<void> => control.peerWrites.write(Buffer.from(`${line}\r\n`))
    let gathered = Buffer.alloc(0)
    const gather = async (bytes: number): Promise<void> => {
      const goal = gathered.length + bytes
      while (gathered.length < goal) gathered = Buffer.concat([gathered, (await data.peerReads.read()) ?? Buffer.alloc(0)])
    }
    await answer(`FEATURES ${OUR_FEATURES.format()}`)
    let rest = ''
    for (let piece = await control.peerReads.read(); piece !== null; piece = await control.peerReads.read()) {
      const lines = (rest + Buffer.from(piece).toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        said.push(line)
        const send = /^(HEADER|INCLUDE)-SEND(?:-SIZE)? (\d+)$/.exec(line)
        if (send !== null) {
          await answer(`${send[1]}-READY`)
          await gather(Number(send[2]))
          await answer(`${send[1]}-DONE`)
        } else if (line === 'DATA-SEND') {
          await answer(complaint === undefined ? 'DATA-READY' : `ERROR ${complaint}`)
          const rest = Buffer.from(await readAll(data.peerReads, 1 << 24))
          received.push({ control: said, data: Buffer.concat([gathered, rest]) })
        }
      }
    }
    await mesg.peerWrites.write(Buffer.from('all is well\nERROR one file could not be written\n'))
    await mesg.peerWrites.end()
  }
  return {
    peer: { host: 'h' },
    async *request(service) {
      assert.equal(service, 'restore')
      const [control, data, mesg] = [side(nextHandle++), side(nextHandle++), side(nextHandle++)]
      for (const each of [control, data, mesg]) sides.set(each.stream.handle, each)
      serve(control, data, mesg).catch(() => undefined)
      yield { kind: 'rep', body: `CONNECT CTL ${control.stream.handle} DATA ${data.stream.handle} MESG ${mesg.stream.handle}\nOPTIONS features=${OUR_FEATURES.format()};\n` }
    },
    stream(handle) {
      const found = sides.get(handle)
      assert.ok(found !== undefined)
      return found.stream
    },
    close: () => Promise.resolve(),
    closed: new Promise(() => undefined),
  }
}

test('each dump goes to the agent without its filters, with the paths and the levels around it', async () => {
  const volumes = createMemoryVolumes()
  const plain = [Buffer.alloc(300_000, 'full '), Buffer.from('incremental')]
  const chain = [
    await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/', level: 0, data: plain[0] ?? Buffer.alloc(0), compress: { kind: 'zstd', where: 'server', level: 1 } }),
    await volumes.addDump({ run: '20260102000000', host: 'h', disk: '/', level: 1, baseRun: '20260101000000', data: plain[1] ?? Buffer.alloc(0) }),
  ]
  const tools = { stores: { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }, processes: nodeProcesses, clock: systemClock, events: () => undefined }
  const received: Received[] = []
  const result = await restoreToAgent(tools, fakeAgent(received), chain, { paths: ['/etc/hosts'], target: '/srv/re store' }, new AbortController().signal)
  assert.equal(result.bytes, 300_011)
  assert.deepEqual(result.problems, ['h / level 0 of 20260101000000: ERROR one file could not be written', 'h / level 1 of 20260102000000: ERROR one file could not be written'])
  assert.deepEqual(received.map(({ control }) => control), [
    ['TARGET "/srv/re store"', 'HEADER-SEND-SIZE 32768', 'INCLUDE-SEND 12', 'INCLUDE-EXCLUDE-DONE', 'PREV-NEXT-LEVEL -1 1', 'DATA-SEND'],
    ['TARGET "/srv/re store"', 'HEADER-SEND-SIZE 32768', 'INCLUDE-SEND 12', 'INCLUDE-EXCLUDE-DONE', 'PREV-NEXT-LEVEL 0 -1', 'DATA-SEND'],
  ])
  for (const [index, { data }] of received.entries()) {
    const header = decodeDumpHeader(data.subarray(0, DUMP_HEADER_BYTES))
    assert.ok(header.kind === 'file' && header.compress === 'N' && header.level === index)
    assert.ok(Buffer.concat([Buffer.from('./etc/hosts\n'), plain[index] ?? Buffer.alloc(0)]).equals(data.subarray(DUMP_HEADER_BYTES)))
  }
  await assert.rejects(restoreToAgent(tools, fakeAgent([], 'no restores here'), chain, { paths: [], target: '/srv' }, new AbortController().signal), { code: 'restore-refused', message: /no restores here/ })
})
