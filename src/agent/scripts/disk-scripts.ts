// The scripts of one disk for one request. What was prepared before is taken back after: a POST point may be run whenever its PRE point
// was begun, whatever became of the work between, and then runs although the request was cancelled, since only the script knows what
// is left (a snapshot, a stopped database).

import type { Dle } from '../../wire/amanda/dle.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { DiskJob } from '../application.ts'
import { runScript, type ScriptTools } from '../../stream/scripts/run-script.ts'
import { permittedScript, type ScriptPlace } from '../../stream/scripts/script-permission.ts'
import { scriptsAt, takesProperties, type ScriptPoint } from './script-points.ts'

export interface ScriptsContext extends ScriptTools, ScriptPlace {
  readonly disk: Disk
}

/** What all scripts of one point said. */
export interface PointReport {
  /** Text for people. */
  readonly lines: readonly string[]
  /** Complaints, each with the name of its script. */
  readonly complaints: readonly string[]
  /** One of each script that failed. The first is why; for a PRE point: what was to come must not be done. */
  readonly faults: readonly Fault[]
}

/** Applications of this program take the property `directory` as the device; a plug-in is told it and does so itself. */
const OWN_APPLICATIONS: ReadonlySet<string> = new Set(['archive', 'gnutar', 'command'])

function isOwnApplication({ program, application }: Dle): boolean {
  return program === 'GNUTAR' || OWN_APPLICATIONS.has(application?.plugin ?? '')
}

/** `PROPERTY name value`, with a value that may have blanks and quotes around it. */
const PROPERTY_LINE = /^PROPERTY\s+("?)([A-Za-z0-9][A-Za-z0-9_-]{0,63})\1\s+(.*)$/i
const PROPERTIES_MAX = 100

export class DiskScripts {
  readonly #dle: Dle
  readonly #context: ScriptsContext
  readonly #set = new Map<string, string[]>()

  constructor(dle: Dle, context: ScriptsContext) {
    this.#dle = dle
    this.#context = context
  }

  hasAny(...points: readonly ScriptPoint[]): boolean {
    return points.some((point) => scriptsAt(this.#dle.scripts, point).length > 0)
  }

  /** Runs all of them, as Amanda does, also when one fails. Rejects never. */
  async run(point: ScriptPoint, job: DiskJob, levels: readonly number[], signal: AbortSignal): Promise<PointReport> {
    const lines: string[] = []
    const complaints: string[] = []
    const faults: Fault[] = []
    for (const script of scriptsAt(this.#dle.scripts, point)) {
      const program = await permittedScript(script.plugin, this.#context, this.#context.disk).catch((error: unknown) => error)
      const said = typeof program === 'string' ? await runScript(program, script, point, job, levels, this.#context, signal) : { stdout: [], stderr: [], fault: faultOf(program) }
      for (const line of said.stdout) if (!takesProperties(point) || !this.#takeProperty(line)) lines.push(line)
      complaints.push(...said.stderr)
      if (said.fault !== undefined) faults.push(said.fault)
    }
    return { lines, complaints, faults }
  }

  /** `job` with what the scripts have set. Throws `script-failed` for a directory that is none. */
  adapt<Job extends DiskJob>(job: Job): Job {
    if (this.#set.size === 0) return job
    const properties = new Map([...job.properties, ...this.#set])
    const applicationProperties = new Map([...job.applicationProperties, ...this.#set])
    const directory = this.#set.get('directory')?.at(-1)
    if (directory === undefined || !isOwnApplication(this.#dle)) return { ...job, properties, applicationProperties }
    if (!directory.startsWith('/') || directory.includes('\0')) throw new Fault('script-failed', `a script of ${job.disk} set the directory ${JSON.stringify(directory)}, which is no absolute path`)
    return { ...job, properties, applicationProperties, device: directory }
  }

  #takeProperty(line: string): boolean {
    const match = PROPERTY_LINE.exec(line)
    if (match === null) return false
    const name = (match[2] ?? '').toLowerCase().replaceAll('_', '-')
    const value = (match[3] ?? '').trim().replace(/^"(.*)"$/, '$1')
    if (this.#set.size < PROPERTIES_MAX || this.#set.has(name)) this.#set.set(name, [...(this.#set.get(name) ?? []), value].slice(-PROPERTIES_MAX))
    return true
  }
}
