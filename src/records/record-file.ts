// One file of the state as text. What is to be written again must be read without a loss: a byte that is not UTF-8 is a fault, not a replacement character.

import { readFile, type Disk } from '../kernel/disk.ts'
import { Fault, faultOf, systemErrorCode } from '../kernel/fault.ts'

const RECORD_BYTES_MAX = 64 * 1024 * 1024

/** The value of the file, as `parse` makes it; undefined when there is no file. Rejects with `record-damaged`, which names the file. */
export async function readRecord<T>(disk: Disk, path: string, parse: (text: string) => T): Promise<T | undefined> {
  let bytes
  try {
    bytes = await readFile(disk, path, RECORD_BYTES_MAX)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new Fault('record-damaged', `${path} has bytes that are not UTF-8`, { context: { path }, cause: error })
  }
  try {
    return parse(text)
  } catch (error) {
    throw new Fault('record-damaged', `${path}: ${faultOf(error).message}`, { context: { path }, cause: error })
  }
}
