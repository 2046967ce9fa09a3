// What is said of a dump after it was made: tags, whether it is pinned, when it was read and found good. A mark says all of it; of several marks of a dump that with the highest
// number counts.

import { Fault } from '../../kernel/fault.ts'
import { canonicalJson, JsonReader } from './json-fields.ts'

const VERSION = 1
const TAGS_MAX = 100

export interface DumpMark {
  readonly manifest: string
  /** From 1. */
  readonly number: number
  readonly tags: readonly string[]
  readonly isPinned: boolean
  readonly verifiedMs: number | undefined
  readonly atMs: number
}

export function encodeMark(mark: DumpMark): Uint8Array {
  return Buffer.from(canonicalJson({ ...mark, version: VERSION }), 'utf8')
}

export function decodeMark(bytes: Uint8Array): DumpMark {
  const json = JsonReader.of(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), 'a mark')
  const version = json.count('version')
  if (version > VERSION) throw new Fault('vault-newer', `a mark has version ${version} of the format, and this program knows version ${VERSION}`)
  const tags = json.texts('tags')
  if (tags.length > TAGS_MAX) throw json.fault('tags')
  return { manifest: json.objectName('manifest'), number: json.count('number'), tags, isPinned: json.flag('isPinned'), verifiedMs: json.optionalCount('verifiedMs'), atMs: json.count('atMs') }
}
