// `npm run build`: compiles src to dist for publishing. `npm run build -- docs`: rewrites the generated pages only.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exitCodePage } from '../src/cli/exit-codes.ts'
import { manPages } from '../src/cli/man-page.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { configSchemaPages } from '../src/config/json-schema.ts'
import { faultCodePage } from './docs-errors.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

writeFileSync(path.join(ROOT, 'docs', 'errors.md'), faultCodePage())
writeFileSync(path.join(ROOT, 'docs', 'exit-codes.md'), exitCodePage())
rmSync(path.join(ROOT, 'docs', 'man'), { recursive: true, force: true })
mkdirSync(path.join(ROOT, 'docs', 'man'), { recursive: true })
for (const page of manPages(COMMANDS)) writeFileSync(path.join(ROOT, 'docs', 'man', page.name), page.text)
for (const page of configSchemaPages()) writeFileSync(path.join(ROOT, 'docs', page.name), page.text)
if (process.argv[2] !== 'docs') {
  rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true })
  const tsc = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', path.join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  process.exitCode = tsc.status ?? 1
}
