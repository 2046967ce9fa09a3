// The trace of a run, `<logdir>/amdump.<timestamp>`, with the link `amdump` to it while the run lasts and `amdump.1` afterwards, as amstatus and amplot look for it. Lines go in one
// after the other. A trace that cannot be written stops nothing: it is for people who watch. Format: docs/formats/run-trace.md.

import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'

export class TraceFile implements AsyncDisposable {
  readonly #disk: Disk
  readonly #logDir: string
  readonly #name: string
  readonly #file: DiskFile
  readonly #log: Log
  #position = 0
  #waiting = ''
  #last: Promise<void> = Promise.resolve()
  #isLost = false

  private constructor(disk: Disk, logDir: string, name: string, file: DiskFile, log: Log) {
    this.#disk = disk
    this.#logDir = logDir
    this.#name = name
    this.#file = file
    this.#log = log
  }

  static async open(disk: Disk, logDir: string, run: string, log: Log): Promise<TraceFile> {
    const name = `amdump.${run}`
    const file = await disk.open(`${logDir}/${name}`, 'create')
    await relink(disk, logDir, 'amdump', name)
    return new TraceFile(disk, logDir, name, file, log)
  }

  readonly line = (text: string): void => {
    if (this.#waiting === '') this.#last = this.#last.then(() => this.#flush())
    this.#waiting += `${text}\n`
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting, 'utf8')
    this.#waiting = ''
    if (this.#isLost) return
    try {
      await this.#file.write([bytes], this.#position)
      this.#position += bytes.length
    } catch (error) {
      this.#isLost = true
      this.#log.warn('the trace of the run cannot be written any more', { file: this.#name, error: faultOf(error).message })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#file.close()
    await relink(this.#disk, this.#logDir, 'amdump.1', this.#name)
    await this.#disk.remove(`${this.#logDir}/amdump`)
  }
}

async function relink(disk: Disk, directory: string, name: string, target: string): Promise<void> {
  await disk.remove(`${directory}/${name}`)
  await disk.symlink(target, `${directory}/${name}`)
}
