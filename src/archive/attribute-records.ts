// Extended attributes and access lists of a file as pax records: `SCHILY.xattr.NAME` with the bytes of the value, `SCHILY.acl.access` and
// `SCHILY.acl.default` as text with numeric ids.

import { aclText } from '../posix/acl.ts'
import { getXattr, getXattrOf, listXattrs, listXattrsOf } from '../posix/xattr.ts'

export type PaxRecords = readonly (readonly [string, Uint8Array])[]

/** Where attributes are asked for. Throws system errors. */
export interface AttributeSource {
  names(): readonly string[]
  value(name: string): Uint8Array | undefined
}

/** Of what is open as `handle`. One object is used again and again. */
export class HandleAttributes implements AttributeSource {
  handle = -1

  names(): readonly string[] {
    return listXattrsOf(this.handle)
  }

  value(name: string): Uint8Array | undefined {
    return getXattrOf(this.handle, name)
  }
}

export function attributesAt(path: Uint8Array): AttributeSource {
  return { names: () => listXattrs(path), value: (name) => getXattr(path, name) }
}

interface FoundRecords {
  readonly records: PaxRecords
  /** All of them fitted. */
  readonly isWhole: boolean
}

const NONE: FoundRecords = { records: [], isWhole: true }
/** Readers of archives take no more for one header; ours takes a mebibyte. */
const RECORD_BYTES_MAX = 900 * 1024

function recordOf(name: string, value: Uint8Array, wanted: { readonly hasXattrs: boolean; readonly hasAcls: boolean }): readonly [string, Uint8Array] | undefined {
  if (name === 'system.posix_acl_access') return wanted.hasAcls ? ['SCHILY.acl.access', Buffer.from(aclText(value))] : undefined
  if (name === 'system.posix_acl_default') return wanted.hasAcls ? ['SCHILY.acl.default', Buffer.from(aclText(value))] : undefined
  // A key ends at its first equals sign, so GNU tar writes one within it as an escape.
  return [`SCHILY.xattr.${name.replaceAll('%', '%25').replaceAll('=', '%3D')}`, value]
}

function isKept(name: string, wanted: { readonly hasXattrs: boolean; readonly hasAcls: boolean }): boolean {
  if (name.startsWith('system.posix_acl_')) return wanted.hasAcls
  // Others of the system's are another view of what is kept elsewhere.
  return wanted.hasXattrs && !name.startsWith('system.')
}

export function attributeRecords(source: AttributeSource, wanted: { readonly hasXattrs: boolean; readonly hasAcls: boolean }): FoundRecords {
  const names = source.names()
  if (names.length === 0) return NONE
  const records: (readonly [string, Uint8Array])[] = []
  let bytes = 0
  let isWhole = true
  for (const name of [...names].toSorted()) {
    if (!isKept(name, wanted)) continue
    const value = source.value(name)
    if (value === undefined) continue
    const record = recordOf(name, value, wanted)
    if (record === undefined) continue
    bytes += record[0].length + record[1].length
    if (bytes > RECORD_BYTES_MAX) isWhole = false
    else records.push(record)
  }
  return { records, isWhole }
}
