// `npm run build`: compiles src to dist for publishing. `npm run build -- docs`: rewrites the generated pages only.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exitCodePage } from '../src/cli/exit-codes.ts'
import { manPages } from '../src/cli/man-page.ts'
import { loadCommands } from '../src/cli/commands.ts'
import { configSchemaPages } from '../src/config/json-schema.ts'
import { doctorPages } from '../src/doctor/page.ts'
import { faultCodePage } from './docs-errors.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

/** A directory of docs that holds nothing else. */
function writePages(directory: string, pages: Readonly<Record<string, string>>): void {
  const dir = path.join(ROOT, 'docs', directory)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(pages)) writeFileSync(path.join(dir, name), text)
}

writeFileSync(path.join(ROOT, 'docs', 'errors.md'), faultCodePage())
writeFileSync(path.join(ROOT, 'docs', 'exit-codes.md'), exitCodePage())
writePages('doctor', doctorPages())
writePages('man', Object.fromEntries(manPages(await loadCommands()).map(({ name, text }) => [name, text])))
for (const page of configSchemaPages()) writeFileSync(path.join(ROOT, 'docs', page.name), page.text)
if (process.argv[2] !== 'docs') {
  rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true })
  const tsc = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', path.join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  process.exitCode = tsc.status ?? 1
}
