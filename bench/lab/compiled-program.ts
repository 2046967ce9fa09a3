// The program as it is installed: stripping types costs a start half a second and thirty megabytes.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '..', '..')

/** The installed command that belongs to a main module of `compileProgram`. */
export function commandOf(program: string): string {
  return path.resolve(path.dirname(program), '..', '..', '..', 'bin', 'holdfast.cjs')
}

/** Compiles the program below `dir`; returns its main module. */
export function compileProgram(dir: string): string {
  mkdirSync(dir)
  const tsc = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', path.join(dir, 'dist')], { stdio: ['ignore', 2, 2] })
  if (tsc.error !== undefined) throw tsc.error
  for (const name of ['package.json', 'docs', 'bin', path.join('scripts', 'launch.cjs')]) cpSync(path.join(ROOT, name), path.join(dir, name), { recursive: true })
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'))
  return path.join(dir, 'dist', 'src', 'cli', 'main.js')
}
