// Where Node keeps what it made of the program's text, so that a start need not make it again: a directory of this user alone, since it is code.

import { lstatSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'

/** Made if it is not there. Nobody else may write to it. */
function isOwnDirectory(directory: string, user: number): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch {
    // It is there, or it cannot be.
  }
  try {
    const found = lstatSync(directory)
    return found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0
  } catch {
    return false
  }
}

/** Undefined where there is none. Made here step by step: Node goes on for ever in places where no directory can be made. */
function directoryOf(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const user = process.getuid?.()
  if (user === undefined) return undefined
  const { XDG_CACHE_HOME: cache } = environment
  const own = cache !== undefined && path.isAbsolute(cache) ? cache : path.join(homedir(), '.cache')
  // Whose home root has is not certain (sudo).
  let directory = user === 0 ? '/var/cache' : own
  for (const name of ['holdfast', 'compiled']) {
    directory = path.join(directory, name)
    if (!isOwnDirectory(directory, user)) return undefined
  }
  return directory
}

/** To be called before anything is imported whose code is to be kept. Threads find the directory in `environment`, which must be that of the process. What `environment` says about it already is obeyed. */
export function keepCompiledCode(args: readonly string[], environment: Record<string, string | undefined>): void {
  // Servers and agents start once and stay.
  if (args.includes('run') || environment['NODE_COMPILE_CACHE'] !== undefined || environment['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return
  const directory = directoryOf(environment)
  if (directory === undefined) return
  enableCompileCache(directory)
  environment['NODE_COMPILE_CACHE'] = directory
}
