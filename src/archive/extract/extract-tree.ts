// Puts a tree that lies on this machine below a directory that may be in use, as an archive of it would be: GNU tar packs it, and the extraction obeys what is said about
// names that are there already.

import type { Disk } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import type { ExtractOptions, ExtractResult } from './contract.ts'
import { extractArchive } from './extract-archive.ts'

export interface ExtractTreeTools {
  readonly disk: Disk
  readonly processes: ProcessRunner
  /** Path of GNU tar. */
  readonly tar: string
}

/** Rejects as extractArchive does, and with `process-failed` when tar could not read all of `tree`. */
export async function extractTree({ disk, processes, tar: program }: ExtractTreeTools, tree: string, options: Omit<ExtractOptions, 'isIncremental'>, signal: AbortSignal): Promise<ExtractResult> {
  const tar = await processes.start({ argv: [program, '--create', '--file=-', '--format=pax', '--sparse', '--acls', '--xattrs', '--xattrs-include=*', `--directory=${tree}`, '.'] })
  try {
    await tar.stdin.end()
    const said = drain(tar.stderr)
    const result = await extractArchive(tar.stdout, { ...options, isIncremental: false }, { disk }, () => undefined, signal)
    await said
    const exit = await tar.exit
    if (exit.code !== 0) throw new Fault('process-failed', `tar ended with ${exit.code} while it read what was restored`)
    return result
  } catch (error) {
    tar.kill('SIGKILL')
    throw error
  }
}

async function drain(source: ByteSource): Promise<void> {
  try {
    while ((await source.read()) !== null);
  } catch {
    // What it says on stderr is told by its exit status.
  }
}
