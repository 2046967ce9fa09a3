// The catalog in SQLite: the only file that knows node:sqlite. Every writer method is one transaction; with WAL and synchronous=FULL it
// is durable when it returns. All calls are synchronous: the server runs them in catalog-worker.ts, tests and the simulator in place.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Fault } from '../kernel/fault.ts'
import type { Catalog, DumpFilter, DumpId, DumpRecord, HostRecord, LinkEventRecord, PartRecord, RunRecord, VolumeRecord } from './contract.ts'
import { MIGRATIONS } from './migrations.ts'
import { DUMP_COLUMNS, dumpOfRow, dumpToRow, hostOfRow, linkEventOfRow, partOfRow, runOfRow, volumeOfRow, whereOf, type Row, type SqlValue } from './rows.ts'

/** Waits this long for a second process (`holdfast ls` beside the server) to end its transaction. */
const BUSY_MS = 10_000
const RUNS_LIMIT = 1_000_000

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED_CODES = [11, 26]

function catalogFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  const code = error.errcode & 0xff
  if (DAMAGED_CODES.includes(code)) return new Fault('catalog-damaged', `${path}: ${error.message}`, { cause: error })
  if (code === 13) return new Fault('disk-full', `${path}: ${error.message}`, { cause: error })
  if (code === 10) return new Fault('disk-error', `${path}: ${error.message}`, { cause: error })
  if (code === 14 || code === 8 || code === 3) return new Fault('permission-denied', `${path}: ${error.message}`, { cause: error })
  return error
}

/** The methods of Catalog, each answering at once. */
export class SqliteCatalog {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, StatementSync>()

  /** Opens or creates the database at `path` (`:memory:` for one that lives as long as this object). Throws `catalog-damaged` or `catalog-newer`. */
  constructor(path: string) {
    this.#path = path
    this.#db = this.#guard(() => new DatabaseSync(path, { timeout: BUSY_MS }))
    try {
      this.#guard(() => {
        this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;')
        this.#checkIntegrity()
        this.#migrate()
      })
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }

  dumps(filter: DumpFilter = {}): DumpRecord[] {
    const { clause, values } = whereOf(filter)
    return this.#all(`SELECT ${DUMP_COLUMNS}, verified_ms FROM dumps${clause} ORDER BY run DESC, host, disk, level`, values).map(dumpOfRow)
  }

  dump(id: DumpId): DumpRecord | undefined {
    return this.#all(`SELECT ${DUMP_COLUMNS}, verified_ms FROM dumps WHERE id = ?`, [id]).map(dumpOfRow)[0]
  }

  parts(dump: DumpId): PartRecord[] {
    return this.#all('SELECT dump, part_number, label, file_number, bytes FROM parts WHERE dump = ? ORDER BY part_number', [dump]).map(partOfRow)
  }

  partsOnVolume(label: string): PartRecord[] {
    return this.#all('SELECT dump, part_number, label, file_number, bytes FROM parts WHERE label = ? ORDER BY file_number', [label]).map(partOfRow)
  }

  volumes(): VolumeRecord[] {
    return this.#all('SELECT label, storage, slot, run, bytes, is_reusable FROM volumes ORDER BY storage, label').map(volumeOfRow)
  }

  runs(limit = RUNS_LIMIT): RunRecord[] {
    return this.#all('SELECT id, started_ms, ended_ms, status, reason FROM runs ORDER BY id DESC LIMIT ?', [limit]).map(runOfRow)
  }

  hosts(): HostRecord[] {
    return this.#all('SELECT host, key_fingerprints, last_seen_ms FROM hosts ORDER BY host').map(hostOfRow)
  }

  linkEvents(sinceMs: number, host?: string): LinkEventRecord[] {
    const columns = 'at_ms, host, kind, code, milliseconds, bytes_resent'
    const since = Math.floor(sinceMs)
    if (host === undefined) return this.#all(`SELECT ${columns} FROM link_events WHERE at_ms >= ? ORDER BY at_ms, id`, [since]).map(linkEventOfRow)
    return this.#all(`SELECT ${columns} FROM link_events WHERE at_ms >= ? AND host = ? ORDER BY at_ms, id`, [since, host]).map(linkEventOfRow)
  }

  putRun(run: RunRecord): void {
    this.#run('INSERT OR REPLACE INTO runs (id, started_ms, ended_ms, status, reason) VALUES (?, ?, ?, ?, ?)', [run.id, Math.round(run.startedMs), roundOrNull(run.endedMs), run.status, run.reason])
  }

  putDump(dump: DumpRecord): void {
    // An upsert and not a replacement: REPLACE would delete the row first, and its parts with it.
    const updates = DUMP_COLUMNS.split(', ').slice(1).map((column) => `${column} = excluded.${column}`).join(', ')
    const values = dumpToRow(dump)
    this.#run(`INSERT INTO dumps (${DUMP_COLUMNS}) VALUES (${values.map(() => '?').join(', ')}) ON CONFLICT (id) DO UPDATE SET ${updates}`, values)
  }

  putVerified(id: DumpId, atMs: number): void {
    this.#run('UPDATE dumps SET verified_ms = ? WHERE id = ?', [Math.round(atMs), id])
  }

  putTapedDump(dump: DumpRecord, parts: readonly PartRecord[]): void {
    this.#transaction(() => {
      this.putDump(dump)
      this.#run('UPDATE dumps SET verified_ms = NULL WHERE id = ?', [dump.id])
      this.#run('DELETE FROM parts WHERE dump = ?', [dump.id])
      for (const part of parts) this.#run('INSERT INTO parts (dump, part_number, label, file_number, bytes) VALUES (?, ?, ?, ?, ?)', [part.dump, part.partNumber, part.label, part.fileNumber, part.bytes])
    })
  }

  removeDump(id: DumpId): void {
    this.#run('DELETE FROM dumps WHERE id = ?', [id])
  }

  putVolume(volume: VolumeRecord): void {
    this.#run('INSERT OR REPLACE INTO volumes (label, storage, slot, run, bytes, is_reusable) VALUES (?, ?, ?, ?, ?, ?)', [
      volume.label, volume.storage, volume.slot, volume.run ?? null, volume.bytes, volume.isReusable ? 1 : 0,
    ])
  }

  eraseVolume(label: string): DumpId[] {
    return this.#transaction(() => {
      const lost = this.#all('SELECT DISTINCT id FROM parts JOIN dumps ON id = dump WHERE label = ? AND holding_path IS NULL ORDER BY id', [label]).map((row) => String(row['id']) as DumpId)
      // A dump that is still on the holding disk keeps its row; its parts are void as a whole, because one of them is gone.
      this.#run('DELETE FROM parts WHERE dump IN (SELECT dump FROM parts WHERE label = ?)', [label])
      for (const id of lost) this.removeDump(id)
      return lost
    })
  }

  putHost(host: HostRecord): void {
    this.#run('INSERT OR REPLACE INTO hosts (host, key_fingerprints, last_seen_ms) VALUES (?, ?, ?)', [host.host, JSON.stringify(host.keyFingerprints), roundOrNull(host.lastSeenMs)])
  }

  addLinkEvent(event: LinkEventRecord): void {
    this.#run('INSERT INTO link_events (at_ms, host, kind, code, milliseconds, bytes_resent) VALUES (?, ?, ?, ?, ?, ?)', [
      Math.round(event.atMs), event.host, event.kind, event.code ?? null, roundOrNull(event.milliseconds), event.bytesResent ?? null,
    ])
  }

  forgetBefore(beforeMs: number): void {
    const before = Math.floor(beforeMs)
    this.#transaction(() => {
      this.#run('DELETE FROM link_events WHERE at_ms < ?', [before])
      this.#run("DELETE FROM dumps WHERE status = 'failed' AND COALESCE(ended_ms, started_ms) < ? AND holding_path IS NULL AND id NOT IN (SELECT dump FROM parts)", [before])
      this.#run("DELETE FROM runs WHERE status <> 'running' AND COALESCE(ended_ms, started_ms) < ? AND id NOT IN (SELECT run FROM dumps)", [before])
    })
  }

  #checkIntegrity(): void {
    const found = this.#db.prepare('PRAGMA quick_check(1)').get() as Row | undefined
    const verdict = found === undefined ? 'no answer' : String(Object.values(found)[0])
    if (verdict !== 'ok') throw new Fault('catalog-damaged', `${this.#path}: ${verdict.replaceAll('\n', ' ')}`)
  }

  #migrate(): void {
    const row = this.#db.prepare('PRAGMA user_version').get() as Row
    const version = Number(row['user_version'])
    if (version > MIGRATIONS.length) throw new Fault('catalog-newer', `${this.#path} has version ${version}, this Holdfast knows ${MIGRATIONS.length}`)
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue
      this.#transaction(() => this.#db.exec(`${sql}; PRAGMA user_version = ${index + 1};`))
    }
  }

  #transaction<T>(work: () => T): T {
    return this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#db.exec('COMMIT')
        return result
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
    })
  }

  #all(sql: string, values: readonly SqlValue[] = []): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[])
  }

  #run(sql: string, values: readonly SqlValue[]): void {
    this.#guard(() => this.#statement(sql).run(...values))
  }

  /** Compiled once. There are as many texts as queries above, and as combinations of a filter. */
  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#db.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw catalogFault(error, this.#path)
    }
  }
}

function roundOrNull(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value)
}

/** The Catalog that answers from `sqlite` in place. For tests, the simulator and one-shot commands; the server uses worker-catalog.ts. */
export function inPlaceCatalog(sqlite: SqliteCatalog): Catalog {
  const later = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()))
  return {
    dumps: (filter) => later(() => sqlite.dumps(filter)),
    dump: (id) => later(() => sqlite.dump(id)),
    parts: (dump) => later(() => sqlite.parts(dump)),
    partsOnVolume: (label) => later(() => sqlite.partsOnVolume(label)),
    volumes: () => later(() => sqlite.volumes()),
    runs: (limit) => later(() => sqlite.runs(limit)),
    hosts: () => later(() => sqlite.hosts()),
    linkEvents: (sinceMs, host) => later(() => sqlite.linkEvents(sinceMs, host)),
    putRun: (run) => later(() => sqlite.putRun(run)),
    putDump: (dump) => later(() => sqlite.putDump(dump)),
    putVerified: (id, atMs) => later(() => sqlite.putVerified(id, atMs)),
    putTapedDump: (dump, parts) => later(() => sqlite.putTapedDump(dump, parts)),
    removeDump: (id) => later(() => sqlite.removeDump(id)),
    putVolume: (volume) => later(() => sqlite.putVolume(volume)),
    eraseVolume: (label) => later(() => sqlite.eraseVolume(label)),
    putHost: (host) => later(() => sqlite.putHost(host)),
    addLinkEvent: (event) => later(() => sqlite.addLinkEvent(event)),
    forgetBefore: (beforeMs) => later(() => sqlite.forgetBefore(beforeMs)),
    [Symbol.asyncDispose]: () => later(() => sqlite.close()),
  }
}
