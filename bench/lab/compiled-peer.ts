// A peer of ours compiled as the program is: what is measured is then what is installed, and its start is short.

import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { compileProgram } from './compiled-program.ts'

/** Compiles the program below `dir`, and the peer `name` beside it; returns the peer's module. */
export function compilePeer(dir: string, name: string): string {
  const sources = path.resolve(compileProgram(dir), '..', '..')
  const text = stripTypeScriptTypes(readFileSync(path.resolve(import.meta.dirname, '..', 'peers', `${name}.ts`), 'utf8'))
  const compiled = path.join(path.dirname(sources), `${name}.js`)
  writeFileSync(compiled, text.replaceAll('../../src/', './src/').replaceAll(".ts'", ".js'"))
  return compiled
}
