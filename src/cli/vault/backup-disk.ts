// One dump of a directory into a vault, all in this process: the archiver's threads read, cut, compress and seal; what the vault needs to list the dump is made here.

import path from 'node:path'
import { archiveSettings } from '../../agent/archive/archive-order.ts'
import { classifyTarLine } from '../../agent/gnutar/tar-messages.ts'
import type { SnapshotFiles } from '../../agent/snapshot-files.ts'
import { dumpToVault } from '../../agent/vault/vault-dump.ts'
import type { ArchiveSettings } from '../../archive/settings.ts'
import type { Timer } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { openScratchFile, openSyncFile } from '../../kernel/sync-file.ts'
import type { Vault } from '../../storage/vault/contract.ts'
import { encodeDumpHeader } from '../../wire/amanda/dump-header.ts'
import type { DumpFacts } from '../../wire/vault/uplink.ts'
import type { CliContext } from '../context.ts'

export interface BackupOrder {
  readonly host: string
  /** Absolute path of a directory or file; the dump is known by it. */
  readonly disk: string
  readonly run: string
  readonly domain: string
  readonly compressLevel: number
  readonly excludes: readonly string[]
  readonly excludeLists: readonly string[]
  readonly isOneFileSystem: boolean
  readonly isCacheSkipped: boolean
  readonly isReread: boolean
  readonly tags: readonly string[]
}

export interface BackupResult {
  readonly manifest: string
  readonly host: string
  readonly disk: string
  readonly run: string
  readonly facts: DumpFacts
  readonly addedBytes: number
  readonly tookMs: number
  /** What was said that is no matter of course. */
  readonly strangeLines: readonly string[]
}

export interface BackupPlaces {
  /** What dumps into this vault left on this machine, for the next ones to build on. */
  readonly kept: SnapshotFiles
  /** Left out when it lies in what is dumped. */
  readonly vaultDirectory: string
}

const STRANGE_MAX = 1000
const KIB = 1024
const PROGRESS_MS = 200
const ACCESS = { create: (file: string) => openSyncFile(file, 'create'), open: (file: string) => openSyncFile(file, 'read'), scratch: openScratchFile }

/** What is dumped: a directory, or the file `disk` alone. Rejects with `file-missing` or `usage-wrong`. */
async function settingsOf(context: CliContext, order: BackupOrder, places: BackupPlaces): Promise<ArchiveSettings> {
  const found = await context.disk.stat(order.disk)
  if (found === undefined) throw new Fault('file-missing', `there is no ${order.disk}`)
  const device = found.kind === 'file' ? path.dirname(order.disk) : order.disk
  const inside = path.relative(device, places.vaultDirectory)
  const isVaultInside = inside !== '' && !inside.startsWith('..')
  if (inside === '') throw new Fault('usage-wrong', 'a vault cannot hold itself', { next: 'Name another directory.' })
  const files = [...order.excludes, ...(isVaultInside ? [`./${inside.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}`] : [])]
  const properties = new Map([['one-file-system', [order.isOneFileSystem ? 'yes' : 'no']], ['cache-dirs', [order.isCacheSkipped ? 'skip' : 'keep']]])
  const job = {
    host: order.host, disk: order.disk, device, config: undefined, run: order.run, properties, applicationProperties: properties, index: false, indexAttributes: false, record: true,
    exclude: { files, lists: order.excludeLists, isOptional: false }, include: { files: [], lists: [], isOptional: false },
  }
  const settings = await archiveSettings(job, context.disk, context.clock.wallMs())
  return found.kind === 'file' ? { ...settings, includes: [Buffer.from(path.basename(order.disk)).toString('latin1')] } : settings
}

function headerOf(order: BackupOrder, nativeBytes: number, crc: string): string {
  const block = encodeDumpHeader({
    kind: 'file', datestamp: order.run, host: order.host, disk: order.disk, level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: Math.ceil(nativeBytes / KIB),
    nativeCrc: crc, clientCrc: crc, serverCrc: crc, decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...',
  })
  const end = block.indexOf(0)
  return block.toString('utf8', 0, end < 0 ? block.length : end)
}

/** What the last dump of the disk tells of this one: bytes; undefined when there is none. */
async function expectedBytes(vault: Vault, { host, disk }: BackupOrder): Promise<number | undefined> {
  return (await vault.dumps()).find((dump) => dump.host === host && dump.disk === disk)?.nativeBytes
}

/** `onLine` is told lines that are no matter of course, `onProgress` how many bytes are done, and of how many if the last dump tells. Rejects with why nothing is listed; what was stored stays for the next try. */
export async function backupDisk(context: CliContext, vault: Vault, order: BackupOrder, places: BackupPlaces, onLine: (line: string) => void, onProgress: (doneBytes: number, totalBytes: number | undefined) => void): Promise<BackupResult> {
  const startedMs = context.clock.wallMs()
  const settings = await settingsOf(context, order, places)
  const { host, disk, run, domain, compressLevel } = order
  const intake = await vault.beginDump({ host, disk, run, level: 0, baseRun: undefined, domain, maker: 'archive', compressLevel, startedMs })
  const strangeLines: string[] = []
  let doneBytes = (): number => 0
  let timer: Timer | undefined
  try {
    const totalBytes = await expectedBytes(vault, order)
    const tick = (): void => {
      onProgress(doneBytes(), totalBytes)
      timer = context.clock.setTimer(PROGRESS_MS, tick)
    }
    tick()
    intake.beforeCommit((nativeBytes, crc) => Promise.resolve({ header: headerOf(order, nativeBytes, crc), endedMs: context.clock.wallMs() }))
    const say = (text: string): Promise<void> => {
      const line = classifyTarLine(text)
      if (line?.kind === 'strange' && strangeLines.length < STRANGE_MAX) {
        strangeLines.push(line.text)
        onLine(line.text)
      }
      return Promise.resolve()
    }
    const { facts, committed } = await dumpToVault({ uplink: intake, kept: places.kept, access: ACCESS }, { host, disk, device: disk, run, settings, isUnrecorded: false, isReread: order.isReread }, { say, started: (told) => void (doneBytes = told) }, context.signal)
    if (order.tags.length > 0) await vault.setTags(committed.manifest, order.tags)
    return { manifest: committed.manifest, host, disk, run, facts, addedBytes: intake.storedBytes, tookMs: context.clock.wallMs() - startedMs, strangeLines }
  } catch (error) {
    await intake.abandon(faultOf(error))
    throw error
  } finally {
    timer?.cancel()
  }
}
