// Trees of very many files that cost next to nothing: empty ones, or some among them with a few bytes that no other file has.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FILES_PER_DIRECTORY = 1000
const DIRECTORIES_PER_DIRECTORY = 100

/** `count` files below `root`, which exists. `everyNth`: which of them are not empty; 0: none. */
export function makeManyFiles(root: string, count: number, everyNth = 0): void {
  for (let made = 0; made < count; ) {
    const group = Math.floor(made / FILES_PER_DIRECTORY / DIRECTORIES_PER_DIRECTORY)
    const dir = path.join(root, `group-${group}`, `dir-${Math.floor(made / FILES_PER_DIRECTORY)}`)
    mkdirSync(dir, { recursive: true })
    for (let index = 0; index < FILES_PER_DIRECTORY && made < count; index++, made++) writeFileSync(`${dir}/file-${made}`, everyNth > 0 && made % everyNth === 0 ? `contents of file ${made}` : '')
  }
}
