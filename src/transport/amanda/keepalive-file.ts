// What was learned of the paths to stock clients: how often a silent connection of a host must send a probe. One small file
// (docs/formats/server-state.md), so that a server that starts again need not lose a dump to learn it again. A file that cannot be read counts
// as none: it costs a lesson, and no dump that is whole.

import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { faultOf, systemErrorCode } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { Turns } from '../../kernel/turns.ts'

const FILE_BYTES_MAX = 1024 * 1024
/** No configuration has more hosts with a firewall before them; the file stays below its limit. */
const HOSTS_MAX = 2000
const KEEPALIVE_MS_MAX = 7_200_000

/** What a transport remembers of paths. */
export interface LearnedKeepalives {
  /** Milliseconds; undefined: nothing was learned. */
  of(host: string): number | undefined
  /** Remembers at once. */
  learn(host: string, keepaliveMs: number): void
}

interface Lesson {
  readonly host: string
  readonly keepaliveMs: number
  /** Wall time. */
  readonly learnedMs: number
}

function isLesson(value: unknown): value is Lesson {
  if (typeof value !== 'object' || value === null) return false
  const { host, keepaliveMs, learnedMs } = value as Partial<Record<keyof Lesson, unknown>>
  return typeof host === 'string' && Number.isSafeInteger(keepaliveMs) && Number(keepaliveMs) > 0 && Number(keepaliveMs) <= KEEPALIVE_MS_MAX && Number.isFinite(learnedMs)
}

/** Throws when the text is none of ours. */
function lessonsIn(text: string): readonly Lesson[] {
  const parsed: unknown = JSON.parse(text)
  const { version, hosts } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as { readonly version?: unknown; readonly hosts?: unknown }
  if (version !== 1 || !Array.isArray(hosts) || hosts.length > HOSTS_MAX || !hosts.every(isLesson)) throw new Error('its form is not known')
  return hosts
}

export interface KeepaliveFileOptions {
  readonly disk: Disk
  readonly file: string
  readonly log: Log
  readonly wallMs: () => number
  /** Those of the configuration; what was learned of others is forgotten. */
  readonly hosts: Iterable<string>
}

export class KeepaliveFile implements LearnedKeepalives {
  readonly #options: KeepaliveFileOptions
  readonly #lessons: Map<string, Lesson>
  /** Each writes all, so the last one must come last. */
  readonly #turns = new Turns()

  private constructor(options: KeepaliveFileOptions, lessons: readonly Lesson[]) {
    this.#options = options
    this.#lessons = new Map(lessons.map((lesson) => [lesson.host, lesson]))
  }

  static async open(options: KeepaliveFileOptions): Promise<KeepaliveFile> {
    const { disk, file, log } = options
    const hosts = new Set(options.hosts)
    try {
      const lessons = lessonsIn((await readFile(disk, file, FILE_BYTES_MAX)).toString('utf8'))
      return new KeepaliveFile(options, lessons.filter(({ host }) => hosts.has(host)))
    } catch (error) {
      // Programs with Amanda's names run as users who have no part in the server's state.
      if (systemErrorCode(error) !== 'ENOENT' && systemErrorCode(error) !== 'EACCES') log.warn('what was learned of the paths to clients of Amanda cannot be read: it will be learned again', { file, error: faultOf(error).message })
      return new KeepaliveFile(options, [])
    }
  }

  of(host: string): number | undefined {
    return this.#lessons.get(host)?.keepaliveMs
  }

  learn(host: string, keepaliveMs: number): void {
    this.#lessons.set(host, { host, keepaliveMs, learnedMs: this.#options.wallMs() })
    void this.#turns.take(() => this.#write())
  }

  /** Resolves when everything that was learned is on the disk, or could not be put there. */
  async settled(): Promise<void> {
    await this.#turns.take(() => Promise.resolve())
  }

  async #write(): Promise<void> {
    const { disk, file, log } = this.#options
    const hosts = [...this.#lessons.values()].slice(-HOSTS_MAX)
    try {
      await replaceFile(disk, file, Buffer.from(`${JSON.stringify({ version: 1, hosts })}\n`))
    } catch (error) {
      log.warn('what was learned of a path could not be kept: it is known until the server ends', { file, error: faultOf(error).message })
    }
  }
}
