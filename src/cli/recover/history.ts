// The lines that were typed into the recovery shell, kept for the next one: a line each, the newest last, readable by nobody else. A history that cannot be
// written is no reason to stop.

import { parentOf, readFile, replaceFile, type Disk } from '../../kernel/disk.ts'

export const HISTORY_LINES_MAX = 2000
const FILE_BYTES_MAX = 4 * 1024 * 1024
const LINE_CHARS_MAX = 16 * 1024

export class ShellHistory {
  readonly #disk: Disk
  readonly #file: string
  #lines: string[]
  #writing: Promise<void> = Promise.resolve()

  private constructor(disk: Disk, file: string, lines: string[]) {
    this.#disk = disk
    this.#file = file
    this.#lines = lines
  }

  static async open(disk: Disk, file: string): Promise<ShellHistory> {
    return new ShellHistory(disk, file, await readLines(disk, file))
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Another shell may have added lines as well: they are kept. */
  add(line: string): void {
    const text = line.trim()
    if (text === '' || text.length > LINE_CHARS_MAX || /[\0\n\r]/.test(text) || text === this.#lines.at(-1)) return
    this.#lines = [...this.#lines, text].slice(-HISTORY_LINES_MAX)
    this.#writing = this.#writing.then(async () => await this.#append(text)).catch(() => undefined)
  }

  /** All that was added is in the file, or cannot be. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #append(line: string): Promise<void> {
    const lines = await readLines(this.#disk, this.#file)
    await this.#disk.makeDir(parentOf(this.#file), 0o700)
    await replaceFile(this.#disk, this.#file, Buffer.from(`${[...lines, line].slice(-HISTORY_LINES_MAX).join('\n')}\n`))
  }
}

async function readLines(disk: Disk, file: string): Promise<string[]> {
  const text = await readFile(disk, file, FILE_BYTES_MAX).then((bytes) => bytes.toString('utf8'), () => '')
  return text.split('\n').filter((line) => line !== '').slice(-HISTORY_LINES_MAX)
}
