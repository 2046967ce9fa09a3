// Builds src/stream/vault/segmenter-wasm.ts from segmenter.as: `node scripts/launch.cjs scripts/segmenter-build.ts`. What is built is kept with the sources, so that
// neither an installation nor a test needs the compiler; a test builds it again and compares.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import asc from 'assemblyscript/asc'

const ROOM = path.resolve(import.meta.dirname, '..', 'src', 'stream', 'vault')
const SOURCE = 'segmenter.ts'
const LINE_CHARACTERS = 160

/** The text of segmenter-wasm.ts. */
export async function segmenterModule(): Promise<string> {
  const source = readFileSync(path.join(ROOM, 'segmenter.as'), 'utf8')
  let built: Uint8Array | undefined
  const { error } = await asc.main([SOURCE, '--outFile', 'segmenter.wasm', '-O3', '--converge', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory'], {
    readFile: (name) => (name === SOURCE ? source : null),
    writeFile: (name, contents) => {
      if (name === 'segmenter.wasm' && typeof contents !== 'string') built = contents
    },
    listFiles: () => [],
  })
  if (error !== null || built === undefined) throw new Error('segmenter.as cannot be compiled', { cause: error })
  const text = Buffer.from(built).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? []
  return `// Built from segmenter.as by scripts/segmenter-build.ts; not to be edited.\n\nexport const SEGMENTER_WASM =\n${lines.map((line) => `  '${line}'`).join(' +\n')}\n`
}

if (import.meta.main) writeFileSync(path.join(ROOM, 'segmenter-wasm.ts'), await segmenterModule())
