// The clean-up at every start, before anything is dumped: what a kill at any instant may have left is completed, kept as partial, removed
// or only named, and the catalog is made to say what is there. Each step can be repeated: killed in the middle, the next start
// does the rest. It never overwrites or removes anything on a volume.

import type { Clock } from '../kernel/clock.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { Log } from '../kernel/log.ts'
import type { Catalog, DumpId, DumpRecord } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import type { Changer } from '../storage/device.ts'
import type { Vault } from '../storage/vault/contract.ts'
import type { HeldDump, HoldingArea } from '../storage/holding/contract.ts'
import type { RecoveryAction } from './control/contract.ts'
import { isSafeOnVolumes } from './run/left-on-holding.ts'
import { recordOfHeld } from './run/record-of-held.ts'
import { reconcileVaultRows } from './vault/vault-rows.ts'
import type { TapelistFile } from './taper/tapelist-file.ts'

export interface RecoveryDoors {
  readonly clock: Clock
  readonly catalog: Catalog
  readonly holding: HoldingArea
  readonly changer: Changer
  readonly tapelist: TapelistFile
  /** Undefined: the storage is none. */
  readonly vault?: { readonly vault: Pick<Vault, 'dumps'> }
  readonly log: Log
}

class Recovery {
  readonly actions: RecoveryAction[] = []
  readonly #doors: RecoveryDoors

  constructor(doors: RecoveryDoors) {
    this.#doors = doors
  }

  did(action: RecoveryAction): void {
    this.actions.push(action)
    const { kind, message, ...fields } = action
    this.#doors.log.warn(`after a crash: ${message}`, { action: kind, ...fields })
  }

  /** Unfinished chunk files. */
  async holding(): Promise<void> {
    for (const { kind, path, dump } of await this.#doors.holding.recover(true)) {
      const about = dump === undefined ? {} : { run: runId(dump.header.datestamp), host: dump.header.host, disk: dump.header.disk, level: dump.header.level }
      switch (kind) {
        case 'completed':
          this.did({ kind: 'dump-completed', path, ...about, message: `${path} was complete and only lacked its name` })
          break
        case 'kept-partial':
          this.did({ kind: 'dump-kept-partial', path, ...about, message: `${path} was not complete; what had arrived is kept as a partial dump` })
          break
        case 'removed':
          this.did({ kind: 'holding-removed', path, ...about, message: `${path} held nothing that is of use and was removed` })
      }
    }
  }

  /** Rows that say less or more than the vault holds. */
  async vault(): Promise<void> {
    const { vault, catalog } = this.#doors
    if (vault === undefined) return
    for (const action of await reconcileVaultRows(catalog, await vault.vault.dumps())) this.did(action)
  }

  /** Rows that say less or more than the holding disk holds. */
  async rows(): Promise<void> {
    const { catalog, holding, clock } = this.#doors
    const { dumps, problems } = await holding.list()
    for (const { path, fault } of problems) this.did({ kind: 'holding-damaged', path, message: `${path} cannot be used: ${fault.message}` })
    const held = new Map<DumpId, HeldDump>()
    for (const dump of dumps) held.set(dumpId(runId(dump.header.datestamp), dump.header.host, dump.header.disk, dump.header.level), dump)
    for (const [id, dump] of held) await this.#relist(id, dump, await catalog.dump(id))
    for (const record of await catalog.dumps()) {
      if (held.has(record.id) || (record.status !== 'running' && record.holdingPath === undefined)) continue
      await this.#withoutHolding(record, clock.wallMs())
    }
    if (held.size > 0) this.did({ kind: 'flush-needed', message: `${held.size} dumps wait on the holding disk; the next run writes them to volumes` })
  }

  async #relist(id: DumpId, dump: HeldDump, record: DumpRecord | undefined): Promise<void> {
    const { catalog, clock } = this.#doors
    const { isPartial } = dump.header
    const about = { run: runId(dump.header.datestamp), host: dump.header.host, disk: dump.header.disk, level: dump.header.level, path: dump.path }
    if (record !== undefined && (await isSafeOnVolumes(record, catalog))) {
      // On volumes and listed: only the removal was missing.
      await this.#doors.holding.remove(dump.path)
      return this.did({ kind: 'holding-removed', ...about, message: `${dump.path} is safe on volumes and was removed from the holding disk` })
    }
    const status = isPartial ? 'partial' : 'complete'
    if (record !== undefined && record.status === status && record.holdingPath === dump.path) return
    const found = recordOfHeld(dump, id, clock.wallMs())
    const { outcome: _outcome, ...known } = record ?? found
    const fault = isPartial ? { faultCode: record?.faultCode ?? 'run-crashed', message: record?.message ?? 'the server ended while the dump was being made' } : {}
    await catalog.putDump({ ...known, ...found, startedMs: known.startedMs, attempts: Math.max(1, known.attempts), ...(record?.baseRun === undefined ? {} : { baseRun: record.baseRun }), ...fault })
    this.did({ kind: isPartial ? 'dump-kept-partial' : 'dump-relisted', ...about, message: `${dump.path} is ${status} on the holding disk and now listed so` })
  }

  /** A row that counts on a holding file that is not there. */
  async #withoutHolding(record: DumpRecord, nowMs: number): Promise<void> {
    const { catalog } = this.#doors
    const { holdingPath: _holdingPath, ...rest } = record
    const about = { run: record.run, host: record.host, disk: record.disk, level: record.level }
    const parts = await catalog.parts(record.id)
    if (record.status === 'complete' && parts.length > 0) return catalog.putDump(rest)
    await catalog.putDump({ ...rest, status: 'failed', outcome: 'failed', faultCode: record.faultCode ?? 'run-crashed', message: record.message ?? 'the server ended while the dump was being made', storedBytes: 0, endedMs: record.endedMs ?? nowMs })
    if (record.status === 'running') this.did({ kind: 'dump-failed', ...about, message: `the dump of ${record.host}:${record.disk} level ${record.level} was being made; nothing of it is kept` })
    else this.did({ kind: 'dump-delisted', ...about, message: `the dump of ${record.host}:${record.disk} level ${record.level} is not on the holding disk any more` })
  }

  async runs(): Promise<void> {
    const { catalog, clock } = this.#doors
    for (const run of await catalog.runs()) {
      if (run.status !== 'running') continue
      await catalog.putRun({ ...run, status: 'crashed', endedMs: clock.wallMs() })
      this.did({ kind: 'run-marked-crashed', run: run.id, message: `the run ${run.id} had not ended` })
    }
  }

  /** Whether tapelist and catalog name different volumes, or different runs of them: cheap to see, and reason enough to look into them. */
  async volumesDisagree(): Promise<boolean> {
    const { catalog, tapelist } = this.#doors
    const known = new Map((await catalog.volumes()).map(({ label, run }) => [label, run]))
    const written = (await tapelist.read()).filter(({ datestamp }) => datestamp !== '0')
    return written.some(({ label, datestamp }) => known.get(label) !== datestamp)
  }

  /** Files of volumes against the catalog: a part nobody lists is a waste of room and never read; one that is missing is told. */
  async volumes(): Promise<void> {
    const { changer, catalog, tapelist } = this.#doors
    const listed = new Map((await tapelist.read()).map((entry) => [entry.label, entry]))
    for (const slot of await changer.slots()) {
      try {
        const device = await changer.device(slot)
        const state = await device.state()
        if (state.kind !== 'labelled') continue
        const entry = listed.get(state.label)
        if (entry === undefined) this.did({ kind: 'volume-corrected', label: state.label, message: `volume ${state.label} in slot ${slot} is not in the tapelist; it is not written until it is labelled again` })
        else await this.#compareParts(state.label, await device.listParts().then((files) => new Set(files.map(({ fileNumber }) => fileNumber))), await catalog.partsOnVolume(state.label))
      } catch (error) {
        this.did({ kind: 'volume-corrected', message: `slot ${slot} cannot be looked at: ${faultOf(error).message}` })
      }
    }
  }

  async #compareParts(label: string, files: ReadonlySet<number>, parts: Awaited<ReturnType<Catalog['partsOnVolume']>>): Promise<void> {
    const known = new Set(parts.map(({ fileNumber }) => fileNumber))
    for (const { fileNumber, dump } of parts) if (!files.has(fileNumber)) this.did({ kind: 'part-missing', label, message: `file ${fileNumber} of volume ${label}, which holds a part of ${dump}, is not there` })
    const unknown = [...files].filter((file) => !known.has(file))
    const last = Math.max(0, ...known)
    for (const file of unknown) this.did({ kind: file > last ? 'part-unfinished' : 'part-unknown', label, message: `file ${file} of volume ${label} belongs to no dump that is listed; it only takes room` })
  }
}

/**
 * Cleans up. Rejects only when the catalog or a holding disk cannot be used at all; a volume that is out of reach is told and left. The
 * order: chunk files, the vault, rows, volumes, and runs last, so that a crashed run stays marked `running` until its remains are seen to.
 */
export async function recover(doors: RecoveryDoors): Promise<readonly RecoveryAction[]> {
  const recovery = new Recovery(doors)
  await recovery.holding()
  await recovery.vault()
  await recovery.rows()
  const crashed = (await doors.catalog.runs()).some(({ status }) => status === 'running')
  if (crashed || (await recovery.volumesDisagree())) {
    await recovery.volumes().catch((error: unknown) => {
      const fault = error instanceof Fault ? error : faultOf(error)
      recovery.did({ kind: 'volume-corrected', message: `the volumes could not be compared: ${fault.message}` })
    })
  }
  await recovery.runs()
  return recovery.actions
}
