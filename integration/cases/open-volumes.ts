// Volumes that need no Holdfast: what our holding disk and taper wrote comes back with `dd` and `tar` alone, and Debian's amtape, amrestore and
// amfetchdump read it, dumps of our own archiver too. The configuration has a name of its own in /etc/amanda and is removed at the end.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SqliteCatalog, inPlaceCatalog } from '../../src/catalog/sqlite.ts'
import { dumpId, runId } from '../../src/catalog/ids.ts'
import type { PartRecord } from '../../src/catalog/contract.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { nodeProcesses } from '../../src/kernel/node-processes.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { createVtapeChanger, makeVtapeSlots } from '../../src/storage/vtape/vtape-changer.ts'
import { openRunLog } from '../../src/server/taper/run-log-file.ts'
import { openTapelistFile } from '../../src/server/taper/tapelist-file.ts'
import { createTaper } from '../../src/server/taper/taper.ts'
import { RunningCrc32c } from '../../src/stream/crc32c.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases, makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'

const CONFIG = 'holdfast-open-volumes'
const CONFIG_DIR = `/etc/amanda/${CONFIG}`
const RUN = '20261124021500'
const HOST = 'openhost'
const MIB = 1024 * 1024
const ARCHIVER = path.resolve(import.meta.dirname, '../../bench/peers/archive-pipe.ts')

interface Taped {
  readonly disk: string
  readonly tree: string
  readonly parts: readonly PartRecord[]
}

function amandaConf(dir: string): string {
  return `org "${CONFIG}"
dumpuser "backup"
mailto ""
infofile "${dir}/curinfo"
logdir "${dir}/log"
indexdir "${dir}/index"
tapelist "${dir}/tapelist"
tpchanger "chg-disk:${dir}/vtapes"
labelstr "OPEN-[0-9][0-9]"
tapetype VTAPE
define tapetype VTAPE {
    length 100 mbytes
}
define dumptype open {
    program "GNUTAR"
    compress none
    index no
}
`
}

/** Dumps two trees with tar to the holding disk, one tape part and many, and tapes them. */
async function makeVolumes(context: CaseContext): Promise<Taped[]> {
  const { dir } = context
  const storage = {
    name: CONFIG, kind: 'vtape', directory: `${dir}/vtapes`, slotCount: 6, volumeBytes: 12 * MIB, partBytes: 3 * MIB, labelTemplate: 'OPEN-%%',
    autolabel: { empty: true, foreign: false }, volumesPerRun: 6, retainVolumes: 6, retainDays: 0, retainFulls: 1,
  } as const
  for (const name of ['log', 'hd', 'index', 'curinfo']) mkdirSync(`${dir}/${name}`)
  await makeVtapeSlots(nodeDisk, storage, true)
  const holding = createHoldingArea(nodeDisk, [{ directory: `${dir}/hd`, useBytes: 500 * MIB, chunkBytes: 2 * MIB }], silentLog)
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  await using runLog = await openRunLog(nodeDisk, `${dir}/log`, RUN)
  await runLog.append({ type: 'INFO', program: 'driver', text: 'driver pid 1' })
  await using taper = createTaper({
    run: runId(RUN), organisation: 'org', configName: CONFIG, storage, changer: createVtapeChanger(nodeDisk, storage), catalog, holding, runLog, disk: nodeDisk, clock: systemClock, log: silentLog,
    tapelist: openTapelistFile(nodeDisk, `${dir}/tapelist`, process.pid), cacheDir: dir, tapePartials: false, onEvent: () => undefined,
  })
  const taped: Taped[] = []
  for (const [disk, partBytes] of [['/srv/one part', 100 * MIB], ['/srv/many', 3 * MIB], ['/srv/ours', 100 * MIB]] as const) {
    const tree = `${dir}/trees/${path.basename(disk)}`
    makeRandomTree(tree, partBytes, { fileCount: 120, dirCount: 10, fileBytesMax: disk === '/srv/many' ? 4 * MIB : 400_000 })
    if (disk !== '/srv/many') makeHardCases(`${tree}/hard`)
    const writer = await holding.create({
      kind: 'file', datestamp: RUN, host: HOST, disk, level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0,
      decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...', dleXml: `<dle>\n  <program>GNUTAR</program>\n  <disk>${disk}</disk>\n  <level>0</level>\n</dle>`,
    })
    // The third is of our own archiver.
    const argv: [string, ...string[]] = disk === '/srv/ours' ? [process.execPath, '--disable-warning=ExperimentalWarning', ARCHIVER, tree] : ['tar', '--create', '--file', '-', '--directory', tree, '--sparse', '--acls', '--xattrs', '--xattrs-include=*', '--format=pax', '.']
    const tar = await nodeProcesses.start({ argv })
    await tar.stdin.end()
    const crc = new RunningCrc32c()
    for (let piece = await tar.stdout.read(); piece !== null; piece = await tar.stdout.read()) {
      crc.update(piece)
      await writer.write(piece)
    }
    assert.equal((await tar.exit).code, 0)
    const held = await writer.finish({ originalKib: Math.ceil(crc.bytes / 1024), nativeCrc: crc.text(), clientCrc: crc.text(), serverCrc: crc.text() })
    const outcome = await taper.tape({ source: { kind: 'holding', path: held.path }, partBytes, record: { id: dumpId(runId(RUN), HOST, disk, 0), run: runId(RUN), host: HOST, disk, level: 0, status: 'complete', startedMs: 0, nativeBytes: crc.bytes, storedBytes: 0, attempts: 1 } }, context.signal)
    if (outcome.kind !== 'taped') throw outcome.kind === 'failed' ? outcome.fault : new Error(outcome.reason)
    taped.push({ disk, tree, parts: outcome.parts })
  }
  return taped
}

async function extractAndCompare(context: CaseContext, tree: string, what: string, producer: string): Promise<void> {
  const target = `${context.dir}/restored-${what}`
  mkdirSync(target)
  await command(['bash', '-c', `set -o pipefail; ( ${producer} ) | tar -xpf - --acls --xattrs --xattrs-include='*' --numeric-owner -C '${target}'`], { workingDir: context.dir })
  const { differences, entryCount } = compareTrees(tree, target)
  assert.deepEqual(differences, [], what)
  context.note(`${what}: ${entryCount} entries are the same`)
}

function partFile(dir: string, part: PartRecord): string {
  for (const slot of readdirSync(`${dir}/vtapes`)) {
    const slotDir = `${dir}/vtapes/${slot}`
    if (slot.startsWith('slot') && existsSync(`${slotDir}/00000.${part.label}`)) {
      const name = readdirSync(slotDir).find((file) => file.startsWith(`${String(part.fileNumber).padStart(5, '0')}.`))
      if (name !== undefined) return `${slotDir}/${name}`
    }
  }
  throw new Error(`no file of ${part.label} ${part.fileNumber}`)
}

const asBackup = (script: string): string => `runuser -u backup -- sh -c ${quote(script)}`
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** `amfetchdump -p | tar tvf -` of a dump by our archiver: as many names as there are, and no complaint. */
async function listByStock(context: CaseContext, disk: string, tree: string): Promise<void> {
  const { dir } = context
  const listed = await command(['bash', '-c', `set -o pipefail; ${asBackup(`cd ${quote(dir)} && amfetchdump -a -p ${CONFIG} ${HOST} ${quote(`=${disk}`)} ${RUN} 2>${quote(`${dir}/amfetchdump.err`)}`)} | tar --warning=no-timestamp -tvf - 2>${quote(`${dir}/tar.err`)}`])
  assert.equal(readFileSync(`${dir}/tar.err`, 'utf8'), '')
  const names = (await command(['find', tree, '-printf', 'x'])).length
  assert.equal(listed.trimEnd().split('\n').length, names)
  context.note(`amfetchdump -p | tar tvf - lists ${names} names of our archiver`)
}

async function run(context: CaseContext): Promise<string> {
  const { dir } = context
  const [one, many, ours] = await makeVolumes(context)
  assert.ok(one !== undefined && many !== undefined && ours !== undefined)
  assert.equal(one.parts.length, 1)
  assert.ok(many.parts.length > 2 && new Set(many.parts.map(({ label }) => label)).size > 1, 'the second dump must span volumes')
  for (const { disk, tree, parts } of [one, many, ours]) {
    await extractAndCompare(context, tree, `dd-${path.basename(disk)}`, parts.map((part) => `dd if=${quote(partFile(dir, part))} bs=32k skip=1 status=none`).join(' && '))
  }

  mkdirSync(CONFIG_DIR)
  try {
    writeFileSync(`${CONFIG_DIR}/amanda.conf`, amandaConf(dir))
    writeFileSync(`${CONFIG_DIR}/disklist`, `${HOST} "${one.disk}" open\n${HOST} ${many.disk} open\n${HOST} ${ours.disk} open\n`)
    await command(['chown', '-R', 'backup:backup', CONFIG_DIR, ...['vtapes', 'log', 'tapelist', 'tapelist.lock', 'index', 'curinfo'].map((name) => `${dir}/${name}`)])
    // Programs of user backup write their own files here; the trees keep their owners.
    await command(['chown', 'backup:backup', dir])
    const inventory = await command(['sh', '-c', asBackup(`amtape ${CONFIG} inventory 2>&1`)])
    assert.match(inventory, /slot +1:.*label OPEN-01/)
    context.note('amtape: chg-disk takes our slots as its own')
    for (const { disk, tree, parts } of [one, many, ours]) {
      const what = path.basename(disk)
      const first = parts[0]
      assert.ok(first !== undefined)
      if (parts.length === 1) {
        await extractAndCompare(context, tree, `amrestore-${what}`, asBackup(`cd ${quote(dir)} && amrestore --config ${CONFIG} -p ${quote(`file:${path.dirname(partFile(dir, first))}`)} ${HOST} ${quote(`=${disk}`)} 2>${quote(`${dir}/amrestore.err`)}`))
      }
      if (disk === ours.disk) await listByStock(context, disk, tree)
      await extractAndCompare(context, tree, `amfetchdump-${what}`, asBackup(`cd ${quote(dir)} && amfetchdump -a -p ${CONFIG} ${HOST} ${quote(`=${disk}`)} ${RUN} 2>${quote(`${dir}/amfetchdump.err`)}`))
    }
  } finally {
    rmSync(CONFIG_DIR, { recursive: true, force: true })
    rmSync(`/var/log/amanda/server/${CONFIG}`, { recursive: true, force: true })
  }
  const volumes = new Set(many.parts.map(({ label }) => label)).size
  return `dd | tar, amrestore and amfetchdump gave back every byte; ${many.parts.length} parts over ${volumes} volumes`
}

export const integrationCase: IntegrationCase = {
  name: 'open-volumes',
  summary: 'our volumes restore with dd and tar alone, and stock amrestore and amfetchdump read them',
  needs: ['amrestore', 'amfetchdump', 'amtape', 'tar', 'dd', 'runuser'],
  needsRoot: true,
  timeoutMs: 120_000,
  run,
}
