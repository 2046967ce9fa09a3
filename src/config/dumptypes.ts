// Dumptypes with inheritance, laid out flat: built-in defaults, then what a dumptype inherits from left to right, then its own. Every
// dumptype that inherits from nothing starts from `default`.

import { DEFAULT_DUMPTYPE } from './defaults.ts'
import { nearestWord } from './nearest.ts'
import type { DumptypeInput, DumptypeOverrides } from './schema.ts'
import type { ValuePath } from './yaml-document.ts'

/** Reports a problem with the value at `path`. */
export type Complain = (path: ValuePath, message: string, next: string) => void

type Builtin = typeof DEFAULT_DUMPTYPE
/** A dumptype with every setting that has a default. */
export type FlatDumptype = Omit<DumptypeOverrides, keyof Builtin> & { readonly [Key in keyof Builtin]: NonNullable<DumptypeOverrides[Key & keyof DumptypeOverrides]> }

const BASE: FlatDumptype = DEFAULT_DUMPTYPE

/** `over` laid upon `under`: settings replace, properties are merged by name, `exclude-append` adds. */
export function layDumptype(under: FlatDumptype, over: DumptypeOverrides): FlatDumptype {
  const { 'exclude-append': append, properties, ...rest } = over
  const given = Object.fromEntries(Object.entries(rest).filter(([key, value]) => value !== undefined && Object.hasOwn(OVERRIDE_KEYS, key)))
  const laid = { ...under, ...given } as FlatDumptype
  return {
    ...laid,
    exclude: [...laid.exclude, ...(append ?? [])],
    properties: properties === undefined ? laid.properties : { ...laid.properties, ...properties },
  }
}

/** Keys of a dumptype; hosts and disks have others beside them. */
const OVERRIDE_KEYS: Readonly<Record<string, true>> = Object.fromEntries([...Object.keys(DEFAULT_DUMPTYPE), 'dump-cycle', 'part-size', 'bump', 'expected-ratio', 'promote-days', 'include-lists-optional', 'interface', 'start-time', 'retries'].map((key) => [key, true]))

export interface Dumptypes {
  /** The flat dumptype, or undefined when there is none of that name. */
  get(name: string): FlatDumptype | undefined
  readonly names: readonly string[]
}

/** Lays out all dumptypes; unknown names and circles are reported and left out. */
export function layOutDumptypes(inputs: Readonly<Record<string, DumptypeInput>>, complain: Complain): Dumptypes {
  const flat = new Map<string, FlatDumptype>()
  const names = [...new Set(['default', ...Object.keys(inputs)])]

  const layOut = (name: string, above: readonly string[]): FlatDumptype => {
    const known = flat.get(name)
    if (known !== undefined) return known
    const input = Object.hasOwn(inputs, name) ? (inputs[name] ?? {}) : {}
    const parents = input.inherit ?? (name === 'default' ? [] : ['default'])
    let result = BASE
    for (const [index, parent] of parents.entries()) {
      const path = ['dumptypes', name, 'inherit', index]
      if (parent === name || above.includes(parent)) {
        complain(path, `dumptype ${name} inherits from itself through ${parent}`, 'Remove one of the two `inherit` lines.')
      } else if (!names.includes(parent)) {
        complain(path, `there is no dumptype ${parent}`, adviceFor(parent, names))
      } else {
        const inherited = layOut(parent, [...above, name])
        result = index === 0 ? inherited : layDumptype(result, ownOf(parent, inputs, inherited))
      }
    }
    const made = layDumptype(result, input)
    flat.set(name, made)
    return made
  }
  for (const name of names) layOut(name, [])
  return { names, get: (name) => flat.get(name) }
}

/** What a second parent contributes: only what differs from the built-in defaults, so that it does not undo the first parent. */
function ownOf(parent: string, inputs: Readonly<Record<string, DumptypeInput>>, inherited: FlatDumptype): DumptypeOverrides {
  const changed = Object.entries(inherited).filter(([key, value]) => value !== (BASE as Record<string, unknown>)[key])
  return { ...(Object.fromEntries(changed) as DumptypeOverrides), ...(Object.hasOwn(inputs, parent) ? inputs[parent] : {}), 'exclude-append': undefined }
}

/** Dumptypes that none of `used` is or inherits from. `default` is laid under all of them. */
export function unusedDumptypes(inputs: Readonly<Record<string, DumptypeInput>>, used: readonly string[]): string[] {
  const reached = new Set<string>(['default'])
  const queue = [...used]
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (reached.has(name)) continue
    reached.add(name)
    if (Object.hasOwn(inputs, name)) queue.push(...(inputs[name]?.inherit ?? []))
  }
  return Object.keys(inputs).filter((name) => !reached.has(name))
}

export function adviceFor(name: string, names: readonly string[]): string {
  const near = nearestWord(name, names)
  return near === undefined ? `Define it under \`dumptypes\`, or use one of: ${names.join(', ')}.` : `Did you mean \`${near}\`?`
}
