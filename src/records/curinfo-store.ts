// What Amanda's server remembers of each disk: the files `<infofile>/<host>/<disk>/info`. A file is replaced in one step and is durable then; stock Amanda leaves
// nothing else beside it. Format: docs/formats/curinfo.md.

import { replaceFile, type Disk } from '../kernel/disk.ts'
import { systemErrorCode } from '../kernel/fault.ts'
import { formatInfo, parseInfo, type DiskInfo } from '../wire/amanda/curinfo.ts'
import { sanitiseFileName } from '../wire/amanda/quote.ts'
import { readRecord } from './record-file.ts'

const INFO_FILE = 'info'

export class CurinfoStore {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, infoDir: string) {
    this.#disk = disk
    this.#directory = infoDir
  }

  #directoryOf(host: string, diskName: string): string {
    return `${this.#directory}/${sanitiseFileName(host)}/${sanitiseFileName(diskName)}`
  }

  /** Undefined when nothing is remembered. Rejects with `record-damaged`. */
  read(host: string, diskName: string): Promise<DiskInfo | undefined> {
    return this.readAs(host, diskName, parseInfo)
  }

  /** The file as another reader understands it. */
  readAs<T>(host: string, diskName: string, parse: (text: string) => T): Promise<T | undefined> {
    return readRecord(this.#disk, `${this.#directoryOf(host, diskName)}/${INFO_FILE}`, parse)
  }

  write(host: string, diskName: string, info: DiskInfo): Promise<void> {
    return this.writeText(host, diskName, formatInfo(info))
  }

  async writeText(host: string, diskName: string, text: string): Promise<void> {
    const directory = this.#directoryOf(host, diskName)
    await this.#disk.makeDir(directory)
    await replaceFile(this.#disk, `${directory}/${INFO_FILE}`, Buffer.from(text, 'utf8'))
  }

  /** Forgets a disk, and the directories that are empty then. Returns whether there was something to forget. */
  async remove(host: string, diskName: string): Promise<boolean> {
    const directory = this.#directoryOf(host, diskName)
    const file = `${directory}/${INFO_FILE}`
    if ((await this.#disk.stat(file)) === undefined) return false
    await this.#disk.remove(file)
    for (const emptied of [directory, `${this.#directory}/${sanitiseFileName(host)}`]) {
      try {
        await this.#disk.removeDir(emptied)
      } catch (error) {
        const code = systemErrorCode(error)
        if (code === 'ENOTEMPTY' || code === 'EEXIST') break
        throw error
      }
    }
    return true
  }

  /** The directories of hosts and disks that have a file, by their sanitised names, sorted. */
  async list(): Promise<{ readonly host: string; readonly disk: string }[]> {
    const found = []
    for (const host of await this.#directories(this.#directory)) {
      for (const disk of await this.#directories(`${this.#directory}/${host}`)) {
        if ((await this.#disk.stat(`${this.#directory}/${host}/${disk}/${INFO_FILE}`))?.kind === 'file') found.push({ host, disk })
      }
    }
    return found
  }

  async #directories(path: string): Promise<string[]> {
    try {
      return (await this.#disk.list(path)).filter(({ kind }) => kind === 'directory').map(({ name }) => name)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return []
      throw error
    }
  }
}
