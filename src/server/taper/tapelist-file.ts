// The tapelist on disk. Changes are made one after the other and replace the file in one step. As Amanda does, `tapelist.lock` stays beside
// it and the link `tapelist.last_write` names the process that wrote last. One server owns a configuration, so nobody else writes it
// meanwhile. Format: docs/formats/tapelist.md.

import { parentOf, readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { formatTapelist, parseTapelist, type TapelistEntry } from '../../wire/amanda/tapelist.ts'

export interface TapelistFile {
  /** The entries, newest first; none when there is no file. Rejects with `tapelist-damaged`. */
  read(): Promise<TapelistEntry[]>
  /** Puts `entry` in the place of the one with its label, before all others of its datestamp. Durable when it resolves. */
  put(entry: TapelistEntry): Promise<void>
}

export function openTapelistFile(disk: Disk, path: string, pid: number): TapelistFile {
  let last: Promise<void> = Promise.resolve()

  async function read(): Promise<TapelistEntry[]> {
    let text
    try {
      text = (await readFile(disk, path)).toString('utf8')
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return []
      throw error
    }
    try {
      return parseTapelist(text)
    } catch (error) {
      throw new Fault('tapelist-damaged', `${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }

  async function replace(entry: TapelistEntry): Promise<void> {
    const others = (await read()).filter(({ label }) => label !== entry.label)
    if ((await disk.stat(`${path}.lock`)) === undefined) {
      await using _lock = await disk.open(`${path}.lock`, 'create')
    }
    await replaceFile(disk, path, Buffer.from(formatTapelist([entry, ...others]), 'utf8'))
    await disk.remove(`${path}.last_write`)
    await disk.symlink(String(pid), `${path}.last_write`)
    await disk.syncDir(parentOf(path))
  }

  return {
    read,
    put(entry) {
      const done = last.then(() => replace(entry))
      last = done.catch(() => undefined)
      return done
    },
  }
}
