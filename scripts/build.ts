// `npm run build`: compiles src to dist for publishing. `npm run build -- docs`: rewrites the generated pages only.

import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { configSchemaPages } from '../src/config/json-schema.ts'
import { faultCodePage } from './docs-errors.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

writeFileSync(path.join(ROOT, 'docs', 'errors.md'), faultCodePage())
for (const page of configSchemaPages()) writeFileSync(path.join(ROOT, 'docs', page.name), page.text)
if (process.argv[2] !== 'docs') {
  rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true })
  const tsc = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', path.join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  process.exitCode = tsc.status ?? 1
}
