import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId, RunId } from '../../../catalog/contract.ts'
import type { DiskListEntry } from '../../../config/resolved.ts'
import { systemClock } from '../../../kernel/clock.ts'
import { Fault, faultOf } from '../../../kernel/fault.ts'
import { silentLog } from '../../../kernel/log.ts'
import { nodeDisk } from '../../../kernel/node-disk.ts'
import { nodeProcesses } from '../../../kernel/node-processes.ts'
import { Turns } from '../../../kernel/turns.ts'
import { createHoldingArea } from '../../../storage/holding/holding-area.ts'
import { RunningCrc32c } from '../../../stream/crc32c.ts'
import type { ByteStream, IncomingRequest } from '../../../transport/contract.ts'
import { createMemoryTransport } from '../../../transport/memory-transport.ts'
import { formatConnectReply } from '../../../wire/amanda/connect-reply.ts'
import { decodeDumpHeader } from '../../../wire/amanda/dump-header.ts'
import { NO_DIRECTORY } from '../../../wire/vault/recipe-entries.ts'
import { RecipeWriter } from '../../../wire/vault/recipe-writer.ts'
import { createServerFrameDecoder } from '../../../wire/vault/talk-decoder.ts'
import { encodeBlockFrame, encodeTalkFrame } from '../../../wire/vault/talk-encode.ts'
import type { AgentFrame, ServerFrame } from '../../../wire/vault/talk.ts'
import type { PackGrant, SealedBlock, VaultWelcome } from '../../../wire/vault/uplink.ts'
import { MemoryVault, memoryBlock, memoryId } from '../../../../testkit/small-vault.ts'
import type { CutStream, DumpReport, VaultCounts } from '../contract.ts'
import { runDump } from '../dumper.ts'

const ENTRY: DiskListEntry = {
  host: 'client', disk: '/data', device: '/data', dumptype: 'd', application: { name: 'archive', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' },
  excludeFiles: [], excludeLists: [], includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1,
  maxDumps: 1, holding: 'auto', index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [],
}
const INFO = 'sendbackup: start [client:/data level 0]\nsendbackup: info BACKUP=archive\nsendbackup: info APPLICATION=archive\nsendbackup: info RECOVER_CMD=holdfast\nsendbackup: info end\n'
const DATA = Buffer.from('all that is in the file '.repeat(3000))
const SUM = crcText(DATA)
const GOOD = `sendbackup: size 71\nsendbackup: native-CRC ${SUM}\nsendbackup: end\n`

function crcText(bytes: Uint8Array): string {
  const sum = new RunningCrc32c()
  sum.update(bytes)
  return sum.text()
}

/** What an agent may do in a talk, with frames of its own making where a test wants that. */
class AgentTalk {
  readonly #stream: ByteStream
  readonly #decoder = createServerFrameDecoder()
  readonly #waiting: ServerFrame[] = []
  readonly taken: number[] = []

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  async say(frame: Exclude<AgentFrame, { kind: 'block' }>): Promise<void> {
    await this.#stream.write(encodeTalkFrame(frame))
  }

  async block(block: SealedBlock): Promise<void> {
    await this.#stream.write(Buffer.concat([encodeBlockFrame(block), block.sealed]))
  }

  /** The next frame that is no TAKEN. */
  async hear<Kind extends ServerFrame['kind']>(kind: Kind): Promise<Extract<ServerFrame, { kind: Kind }>> {
    for (;;) {
      const frame = this.#waiting.shift()
      if (frame?.kind === 'taken') this.taken.push(frame.bytes)
      else if (frame !== undefined) {
        assert.equal(frame.kind, kind, JSON.stringify(frame))
        return frame as Extract<ServerFrame, { kind: Kind }>
      } else {
        const piece = await this.#stream.read()
        assert.ok(piece !== null, `the server ended its direction before ${kind}`)
        this.#waiting.push(...this.#decoder.push(piece))
      }
    }
  }

  /** Its code, whatever answers come before it. */
  async refusal(): Promise<string> {
    for (;;) {
      const frame = this.#waiting.shift()
      if (frame?.kind === 'refused') return frame.code
      if (frame !== undefined) continue
      const piece = await this.#stream.read()
      assert.ok(piece !== null, 'the server ended its direction without a word')
      this.#waiting.push(...this.#decoder.push(piece))
    }
  }

  async begin(): Promise<{ readonly welcome: VaultWelcome; readonly grant: PackGrant }> {
    await this.say({ kind: 'hello', version: 1 })
    const { welcome } = await this.hear('welcome')
    await this.say({ kind: 'want-pack' })
    return { welcome, grant: await this.hear('pack') }
  }

  /** A whole dump of DATA: a block of data, a block with the recipe, the entry, the seal. */
  async store({ idKey }: VaultWelcome, grant: PackGrant): Promise<void> {
    const id = memoryId(idKey, DATA)
    await this.block(memoryBlock(grant, 0, 'data', idKey, [DATA]))
    const writer = new RecipeWriter()
    writer.segment(id, 0, DATA.length, crc32c0(DATA))
    const recipe = Uint8Array.from(writer.bytes())
    await this.block(memoryBlock(grant, 1, 'recipe', idKey, [recipe]))
    await this.say({ kind: 'recipe', entries: [{ id: memoryId(idKey, recipe), recipeBytes: recipe.length, nativeBytes: DATA.length, crc: crc32c0(DATA), directory: NO_DIRECTORY }] })
    await this.say({ kind: 'seal-pack', packId: grant.packId })
  }
}

function crc32c0(bytes: Uint8Array): number {
  return Number.parseInt(crcText(bytes).slice(0, 8), 16)
}

const FACTS = { nativeBytes: DATA.length, nativeCrc: crc32c0(DATA), members: 1, readBytes: DATA.length, unchangedBytes: 5 }

interface Outcome {
  readonly report: DumpReport
  readonly vault: MemoryVault
  readonly counts: readonly VaultCounts[]
  readonly asked: string
}

const noCut: CutStream = () => Promise.reject(new Error('not used'))

async function dump(script: (data: ByteStream, mesg: ByteStream) => Promise<void>, changes: { entry?: Partial<DiskListEntry>; cut?: CutStream; vault?: MemoryVault; run?: string; signal?: AbortSignal } = {}): Promise<Outcome> {
  let asked = ''
  const handler = async (request: IncomingRequest): Promise<void> => {
    asked = request.body
    const [data, mesg] = [request.openStream(), request.openStream()]
    request.rep(formatConnectReply([['DATA', data.handle], ['MESG', mesg.handle]]))
    await mesg.write(Buffer.from(INFO))
    await script(data, mesg)
  }
  const vault = changes.vault ?? new MemoryVault()
  const holding = createHoldingArea(nodeDisk, [], silentLog)
  const taper = { tape: () => Promise.reject(new Error('not used')), forecast: () => Promise.resolve([]), endRun: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() }
  const run = (changes.run ?? '20261124010203') as RunId
  const record = { id: 'x' as DumpId, run, host: 'client', disk: '/data', level: 0, status: 'running' as const, startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
  const doors = {
    clock: systemClock, disk: nodeDisk, processes: nodeProcesses, transport: createMemoryTransport(new Map([['client', handler]])), holding, taper, indexDir: '/nowhere', indexTurns: new Turns(),
    isLinkUp: () => true, log: silentLog, vault: { vault, domainOf: () => '', compressLevel: 1, cut: changes.cut ?? noCut },
  }
  const order = { configName: 'test', run, entry: { ...ENTRY, ...changes.entry }, level: 0, baseRun: undefined, expectedBytes: undefined, to: 'vault' as const, record, connectTimeoutMs: 1000, dataTimeoutMs: 5000 }
  const counts: VaultCounts[] = []
  const report = await runDump(order, doors, { onPhase: () => undefined, onProgress: (_bytes, _durable, soFar) => soFar !== undefined && counts.push(soFar) }, changes.signal ?? new AbortController().signal)
  return { report, vault, counts, asked }
}

async function end(stream: ByteStream, text: string): Promise<void> {
  await stream.write(Buffer.from(text))
  await stream.end()
}

async function goodTalk(data: ByteStream, mesg: ByteStream, messages = GOOD): Promise<AgentTalk> {
  const talk = new AgentTalk(data)
  const { welcome, grant } = await talk.begin()
  await talk.store(welcome, grant)
  await talk.say({ kind: 'finish', facts: FACTS })
  await data.end()
  await end(mesg, messages)
  return talk
}

function failedWith({ report }: Outcome, code: string): void {
  assert.equal(report.kind, 'failed', JSON.stringify(report))
  assert.equal(report.fault.code, code, report.fault.message)
}

test('a dump that the agent cuts is listed with its header and its counts, and the agent learns its manifest', async () => {
  const done = Promise.withResolvers<string>()
  const { report, vault, asked, counts } = await dump(async (data, mesg) => {
    const talk = await goodTalk(data, mesg)
    await talk.hear('sealed')
    done.resolve((await talk.hear('done')).manifest)
    assert.ok(talk.taken.length > 0 && (talk.taken.at(-1) ?? 0) > DATA.length)
  })
  assert.match(asked, /<datapath>VAULT<\/datapath>/)
  assert.equal(report.kind, 'good', JSON.stringify(report))
  assert.ok(report.kind === 'good' && report.manifest !== undefined)
  assert.equal(await done.promise, report.manifest)
  assert.equal(report.counts.readBytes, DATA.length)
  assert.equal(report.counts.unchangedBytes, 5)
  assert.equal(report.totals.nativeCrc, SUM)
  assert.equal(report.totals.serverCrc, SUM)
  assert.ok(counts.length > 0)
  const [listed] = await vault.dumps()
  assert.equal(listed?.maker, 'archive')
  const block = Buffer.alloc(32_768)
  block.write(listed?.header ?? '', 'latin1')
  const header = decodeDumpHeader(block)
  assert.ok(header.kind === 'file' && header.nativeCrc === SUM && header.host === 'client' && header.originalKib === 71)
})

test('the next dump of the disk has the one before as its base', async () => {
  const { vault } = await dump(async (data, mesg) => void (await goodTalk(data, mesg)))
  const seen = Promise.withResolvers<VaultWelcome['base']>()
  const second = await dump(async (data, mesg) => {
    const talk = new AgentTalk(data)
    const { welcome, grant } = await talk.begin()
    seen.resolve(welcome.base)
    await talk.say({ kind: 'query', ids: memoryId(welcome.idKey, DATA) })
    assert.equal((await talk.hear('answer')).known[0], 1)
    await talk.say({ kind: 'want-filter' })
    assert.equal((await talk.hear('filter')).filter, undefined)
    await talk.store(welcome, grant)
    await talk.say({ kind: 'finish', facts: FACTS })
    await data.end()
    await end(mesg, GOOD)
  }, { vault, run: '20261125010203' })
  assert.equal(second.report.kind, 'good', JSON.stringify(second.report))
  assert.equal((await seen.promise)?.run, '20261124010203')
})

test('what MESG says counts: an error, a missing end and another checksum keep the dump from being listed, and the agent is told', async () => {
  for (const [messages, code] of [['sendbackup: error [tar died]\n', 'agent-error'], ['sendbackup: size 1\n', 'dump-incomplete'], ['sendbackup: native-CRC 00000001:5\nsendbackup: end\n', 'dump-crc-differs']] as const) {
    const told = Promise.withResolvers<string>()
    const outcome = await dump(async (data, mesg) => {
      const talk = await goodTalk(data, mesg, messages)
      await talk.hear('sealed')
      told.resolve((await talk.hear('refused')).code)
    })
    failedWith(outcome, code)
    assert.equal(await told.promise, code)
    assert.deepEqual(await outcome.vault.dumps(), [])
    assert.ok(outcome.vault.segments.size > 0, 'what was stored stays for the next try')
  }
})

const HOSTILE: readonly (readonly [string, string, (talk: AgentTalk, data: ByteStream) => Promise<void>])[] = [
  ['HELLO twice', 'wire-malformed', async (talk) => {
    await talk.begin()
    await talk.say({ kind: 'hello', version: 1 })
  }],
  ['another version', 'version-unsupported', (talk) => talk.say({ kind: 'hello', version: 2 })],
  ['an unknown frame', 'wire-malformed', async (talk, data) => {
    await talk.begin()
    await data.write(Buffer.of(99, 0, 0, 0, 0))
  }],
  ['a frame beyond its limit', 'wire-malformed', async (talk, data) => {
    await talk.begin()
    await data.write(Buffer.of(3, 255, 255, 255, 255))
  }],
  ['a block that is not what it says', 'vault-block-false', async (talk) => {
    const { welcome, grant } = await talk.begin()
    const block = memoryBlock(grant, 0, 'data', welcome.idKey, [DATA])
    await talk.block({ ...block, ids: Buffer.alloc(32) })
  }],
  ['a pack that it was never given', 'vault-refused', async (talk) => {
    const { welcome, grant } = await talk.begin()
    await talk.block(memoryBlock({ ...grant, packId: Buffer.alloc(16, 200) }, 0, 'data', welcome.idKey, [DATA]))
  }],
  ['a recipe of what it never had', 'vault-refused', async (talk) => {
    await talk.begin()
    await talk.say({ kind: 'recipe', entries: [{ id: Buffer.alloc(32, 9), recipeBytes: 10, nativeBytes: 10, crc: 1, directory: NO_DIRECTORY }] })
    await talk.say({ kind: 'finish', facts: { ...FACTS, nativeBytes: 10, nativeCrc: 1 } })
  }],
  ['facts that are not those of the recipe', 'vault-refused', async (talk) => {
    const { welcome, grant } = await talk.begin()
    await talk.store(welcome, grant)
    await talk.say({ kind: 'finish', facts: { ...FACTS, nativeCrc: 1 } })
    await talk.hear('sealed')
  }],
  ['more behind the end', 'wire-malformed', async (talk, data) => {
    await talk.begin()
    await data.write(Buffer.concat([encodeTalkFrame({ kind: 'finish', facts: FACTS }), encodeTalkFrame({ kind: 'want-pack' })]))
  }],
  ['packs without end', 'vault-refused', async (talk, data) => {
    await talk.begin()
    const many = Buffer.concat(Array.from({ length: 1000 }, () => encodeTalkFrame({ kind: 'want-pack' })))
    await data.write(many)
  }],
]

for (const [what, code, deed] of HOSTILE) {
  test(`an agent is refused: ${what}`, async () => {
    const told = Promise.withResolvers<string>()
    const outcome = await dump(async (data) => {
      const talk = new AgentTalk(data)
      try {
        await deed(talk, data)
        told.resolve(await talk.refusal())
      } catch (error) {
        told.resolve(faultOf(error).message)
      }
    })
    failedWith(outcome, code)
    assert.equal(await told.promise, code)
    assert.deepEqual(await outcome.vault.dumps(), [])
  })
}

test('an agent that goes in the middle is an incomplete dump', async () => {
  failedWith(await dump(async (data) => {
    await new AgentTalk(data).begin()
    await data.end()
  }), 'dump-incomplete')
})

test('a cancelled dump is not listed, and the agent hears why', async () => {
  const controller = new AbortController()
  const told = Promise.withResolvers<string>()
  const outcome = await dump(async (data) => {
    const talk = new AgentTalk(data)
    await talk.begin()
    controller.abort(new Fault('cancelled', 'cancelled by the operator'))
    told.resolve((await talk.hear('refused')).text)
  }, { signal: controller.signal })
  failedWith(outcome, 'cancelled')
  assert.equal(await told.promise, 'cancelled by the operator')
})

/** Cuts a stream into one segment. */
const plainCut: CutStream = async (source, uplink, hooks) => {
  const pieces: Uint8Array[] = []
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    pieces.push(Uint8Array.from(piece))
    hooks.onBytes(piece.length)
  }
  const bytes = Buffer.concat(pieces)
  const { idKey } = await uplink.welcome()
  const grant = await uplink.grantPack()
  await uplink.sendBlock(memoryBlock(grant, 0, 'data', idKey, [bytes]))
  const writer = new RecipeWriter()
  writer.segment(memoryId(idKey, bytes), 0, bytes.length, crc32c0(bytes))
  const recipe = Uint8Array.from(writer.bytes())
  await uplink.sendBlock(memoryBlock(grant, 1, 'recipe', idKey, [recipe]))
  await uplink.sendRecipe([{ id: memoryId(idKey, recipe), recipeBytes: recipe.length, nativeBytes: bytes.length, crc: crc32c0(bytes), directory: NO_DIRECTORY }])
  await uplink.sealPack(grant.packId)
  return { nativeBytes: bytes.length, nativeCrc: crc32c0(bytes), members: 0, readBytes: bytes.length, unchangedBytes: 0 }
}

test('a raw stream is cut here: of another application, and of an agent that does not know vaults', async () => {
  for (const application of ['gnutar', 'archive']) {
    const { report, vault, asked } = await dump(async (data, mesg) => {
      await end(data, DATA.toString())
      await end(mesg, `${GOOD.replace('sendbackup: end', `sendbackup: client-CRC ${SUM}\nsendbackup: end`)}`)
    }, { entry: { application: { name: application, properties: {} } }, cut: plainCut })
    assert.equal(report.kind, 'good', JSON.stringify(report))
    assert.equal(asked.includes('VAULT'), application === 'archive')
    const [listed] = await vault.dumps()
    assert.equal(listed?.maker, 'server')
    assert.equal(listed?.nativeCrc, SUM)
  }
})

test('a raw stream that is not what the client sent is not listed', async () => {
  const outcome = await dump(async (data, mesg) => {
    await end(data, DATA.toString().replace('all', 'ill'))
    await end(mesg, GOOD)
  }, { entry: { application: { name: 'gnutar', properties: {} } }, cut: plainCut })
  failedWith(outcome, 'dump-crc-differs')
  assert.deepEqual(await outcome.vault.dumps(), [])
})
