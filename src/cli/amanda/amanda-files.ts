// How Amanda's configuration reaches the machine: files as one character a byte, so that what is printed of them is the same bytes.

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import type { ConfigFiles } from '../../config/amanda/parser.ts'
import { systemErrorCode } from '../../kernel/fault.ts'

const FILE_BYTES_MAX = 16 * 1024 * 1024

/** The words of the C library, which stock Amanda prints. */
const SYSTEM_WORDS: Readonly<Record<string, string>> = { ENOENT: 'No such file or directory', EACCES: 'Permission denied', EISDIR: 'Is a directory', ENOTDIR: 'Not a directory', ELOOP: 'Too many levels of symbolic links', ENAMETOOLONG: 'File name too long' }

/** What the C library says of a system error. */
export function systemWords(error: unknown): string {
  const code = systemErrorCode(error) ?? 'Input/output error'
  return SYSTEM_WORDS[code] ?? code
}

/** Text of a command line as the files are read. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

export const machineConfigFiles: ConfigFiles = {
  read(path) {
    try {
      const found = statSync(path)
      if (found.isDirectory()) return { failure: 'Is a directory' }
      if (found.size > FILE_BYTES_MAX) return { failure: `it is ${found.size} bytes long, more than ${FILE_BYTES_MAX}` }
      return { text: readFileSync(path, 'latin1') }
    } catch (error) {
      return { failure: systemWords(error) }
    }
  },
  checkDirectory(directory) {
    try {
      if (!statSync(directory).isDirectory()) return `'${directory}' is not a directory`
    } catch (error) {
      return `directory '${directory}': ${systemWords(error)}`
    }
    try {
      accessSync(directory, constants.R_OK | constants.W_OK)
      return undefined
    } catch (error) {
      return `'${directory}': can not read/write: ${systemWords(error)}`
    }
  },
}
