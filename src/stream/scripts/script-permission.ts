// Which scripts may run: those in the directory that the configuration of this machine names, owned by root or by the user
// Holdfast runs as, that nobody else can write to. A server only says a name to an agent, so a stolen server starts nothing there but what
// the owner of that machine has put into the directory.

import type { Disk, FileStat } from '../../kernel/disk.ts'
import { Fault, type FaultOptions } from '../../kernel/fault.ts'

export interface ScriptPlace {
  /** Undefined: no script runs here. */
  readonly dir: string | undefined
  /** The setting that names `dir`. */
  readonly setting: string
  /** The user Holdfast runs as; undefined where users have no numbers. */
  readonly userId: number | undefined
}

const ROOT_ID = 0
const OTHERS_WRITE = 0o022
const ANY_EXECUTE = 0o111
/** One component that is no option: what the reader of dles lets through. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

function refuse(name: string, why: string, options: FaultOptions = {}): Fault {
  return new Fault('script-not-permitted', `Script '${name}' may not run: ${why}`, options)
}

/** What is wrong with whom `path` belongs to. */
function ownerProblem(path: string, stat: FileStat, userId: number | undefined): string | undefined {
  if (stat.ownerId !== undefined && stat.ownerId !== ROOT_ID && stat.ownerId !== userId) return `${path} belongs to the user ${stat.ownerId}, not to root or the user of Holdfast`
  return (stat.mode & OTHERS_WRITE) === 0 ? undefined : `${path} can be written by others`
}

/** The whole path of the script. Rejects with `script-not-permitted` or `script-missing`. */
export async function permittedScript(name: string, { dir, setting, userId }: ScriptPlace, disk: Disk): Promise<string> {
  if (!NAME.test(name)) throw refuse(name.slice(0, 64), 'its name is not a name')
  if (dir === undefined) throw refuse(name, `${setting} is not set`)
  const path = `${dir}/${name}`
  const [ofDir, ofScript] = [await disk.stat(dir), await disk.stat(path)]
  if (ofDir === undefined || ofScript === undefined) throw new Fault('script-missing', `Script '${name}' is not in ${dir}`)
  // A link leads to where the owner of the directory did not look.
  if (ofDir.kind !== 'directory') throw refuse(name, `${dir} is not a directory`)
  if (ofScript.kind !== 'file') throw refuse(name, `${path} is not a plain file`)
  const problem = ownerProblem(dir, ofDir, userId) ?? ownerProblem(path, ofScript, userId)
  if (problem !== undefined) throw refuse(name, problem)
  if ((ofScript.mode & ANY_EXECUTE) === 0) throw refuse(name, `${path} is not executable`)
  return path
}
