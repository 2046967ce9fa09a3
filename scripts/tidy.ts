// The gate on structure. It owns the import table of docs/ARCHITECTURE.md as data and checks what a linter cannot: which room may
// import which, who may touch the machine, how long a file may be, that every fault code is documented, that the documents
// agree with the table and link to what exists. Before it judges the tree it judges planted breaches, so a check that has gone
// blind fails the build.

import { readFileSync, readdirSync, existsSync } from 'node:fs'
import path from 'node:path'
import { FAULT_CODES } from '../src/kernel/fault-codes.ts'
import { checkLinks, checkRoomTable } from './docs-checks.ts'
import { doctorPages } from '../src/doctor/page.ts'
import { faultCodePage } from './docs-errors.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const FILE_LINES_MAX = 400

/** Room → rooms it may import. A room may always import itself. `*` is every room below `src`. */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  posix: ['kernel'],
  wire: ['kernel'],
  config: ['kernel'],
  stream: ['kernel', 'wire'],
  archive: ['kernel', 'posix', 'wire', 'stream'],
  transport: ['kernel', 'wire'],
  catalog: ['kernel', 'wire'],
  storage: ['kernel', 'wire', 'stream'],
  records: ['kernel', 'wire', 'config'],
  agent: ['kernel', 'posix', 'wire', 'transport', 'config', 'stream', 'archive'],
  server: ['kernel', 'posix', 'wire', 'config', 'stream', 'archive', 'transport', 'catalog', 'storage', 'records'],
  restore: ['kernel', 'posix', 'wire', 'config', 'stream', 'archive', 'transport', 'catalog', 'storage', 'records'],
  doctor: ['kernel', 'wire', 'transport'],
  cli: ['*'],
}

/** Modules that reach the machine. Pure rooms get what they offer as arguments. */
const AMBIENT_MODULES = ['fs', 'fs/promises', 'net', 'tls', 'child_process', 'worker_threads', 'os', 'dgram', 'http', 'https', 'dns', 'sqlite']

/** `posix` is what the machine can do that Node cannot. */
const AMBIENT_ROOMS = new Set(['kernel', 'posix', 'cli'])

/** The thin shells outside `kernel`, `posix` and `cli` that may import ambient modules, each with its reason. */
export const AMBIENT_SHELLS: Readonly<Record<string, string>> = {
  'src/transport/tether/tls-link.ts': 'links are TLS sockets',
  'src/transport/amanda/client-socket.ts': 'stock clients are reached by sockets on reserved ports',
  'src/transport/amanda/bare-stream.ts': 'a stream of auth bsd is a socket',
  'src/transport/amanda/socket-pipe.ts': 'tokens go over a socket',
  'src/transport/amanda/udp-carrier.ts': 'names the types of sockets',
  'src/transport/probe/probe-sockets.ts': 'measures sockets: how they come up and how they end',
  'src/server/control/control-socket.ts': 'the command line reaches the server by a Unix socket',
  'src/catalog/sqlite.ts': 'the only file that knows SQLite',
  'src/catalog/catalog-worker.ts': 'runs SQLite off the thread that owns links',
  'src/catalog/worker-catalog.ts': 'starts the catalog worker',
  'src/doctor/logs/helper-thread.ts': 'starts a second thread when there are many logs to read',
  'src/doctor/logs/helper-worker.ts': 'reads logs in that thread',
  'src/stream/vault/block-threads.ts': 'starts the threads that open and make blocks',
  'src/stream/vault/block-worker.ts': 'opens and makes blocks off the thread that owns links',
  'src/stream/vault/cut-threads.ts': 'starts the thread that cuts a stream',
  'src/stream/vault/cut-worker.ts': 'cuts a stream off the thread that owns links',
  'src/archive/archive-worker.ts': 'reads trees with synchronous calls, off the thread that owns links',
  'src/archive/archive-thread.ts': 'starts a thread that archives',
  'src/archive/thread-pool.ts': 'knows how many threads one dump needs',
  'src/archive/vault/vault-link.ts': 'has a channel of its own to each of those threads',
  'src/archive/vault/vault-thread.ts': 'takes messages of that channel without an event loop',
  'src/archive/vault/vault-messages.ts': 'names the type of a port',
  'src/archive/extract/writers.ts': 'starts the threads that write',
  'src/archive/extract/writer-worker.ts': 'writes files off the thread that owns links',
}

export interface Breach {
  readonly file: string
  readonly text: string
}

function roomOf(file: string): string | undefined {
  const parts = file.split('/')
  return parts[0] === 'src' && parts.length > 2 ? parts[1] : undefined
}

const IMPORT_PATTERN = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g

/** Every breach of the import table and of the ambient rule in one file. */
export function checkImports(file: string, source: string): Breach[] {
  const room = roomOf(file)
  if (room === undefined) return []
  const breaches: Breach[] = []
  const allowed = IMPORT_TABLE[room]
  if (allowed === undefined) return [{ file, text: `the room src/${room} is not in the import table` }]
  const isTest = file.endsWith('.test.ts')
  for (const match of source.matchAll(IMPORT_PATTERN)) {
    const target = match[1] ?? match[2]
    if (target === undefined) continue
    if (target.startsWith('.')) {
      const resolved = path.posix.join(path.posix.dirname(file), target)
      const targetRoom = roomOf(resolved)
      if (targetRoom === undefined) {
        if (!isTest) breaches.push({ file, text: `imports ${resolved}, which is outside src` })
      } else if (targetRoom !== room && !allowed.includes('*') && !allowed.includes(targetRoom)) {
        breaches.push({ file, text: `room ${room} may not import room ${targetRoom} (${resolved})` })
      }
    } else if (!AMBIENT_ROOMS.has(room) && !isTest && !(file in AMBIENT_SHELLS)) {
      const name = target.replace(/^node:/, '')
      if (AMBIENT_MODULES.includes(name)) breaches.push({ file, text: `imports ${target}: take it as an argument, or list the file in AMBIENT_SHELLS with its reason` })
    }
  }
  return breaches
}

/** The length rule. Tables and tests are held to it as well: a long file is more than one thing. */
export function checkLength(file: string, source: string): Breach[] {
  const lines = source.split('\n').length
  return lines > FILE_LINES_MAX ? [{ file, text: `${lines} lines, more than ${FILE_LINES_MAX}` }] : []
}

/** The pages of docs/doctor are what the doctor says. */
function checkDoctorPages(): Breach[] {
  return Object.entries(doctorPages())
    .filter(([name, text]) => !existsSync(path.join(ROOT, 'docs', 'doctor', name)) || readFileSync(path.join(ROOT, 'docs', 'doctor', name), 'utf8') !== text)
    .map(([name]) => ({ file: `docs/doctor/${name}`, text: 'is not what src/doctor/kinds says; run `npm run build -- docs`' }))
}

/** Shells named in the table must exist, so that the table does not rot. */
function checkShells(): Breach[] {
  return Object.keys(AMBIENT_SHELLS).filter((file) => !existsSync(path.join(ROOT, file))).map((file) => ({ file, text: 'is listed in AMBIENT_SHELLS but does not exist' }))
}

function checkFaultCodes(): Breach[] {
  const breaches: Breach[] = []
  const page = path.join(ROOT, 'docs', 'errors.md')
  if (!existsSync(page) || readFileSync(page, 'utf8') !== faultCodePage()) {
    breaches.push({ file: 'docs/errors.md', text: 'is not what the table of fault codes says; run `npm run build -- docs`' })
  }
  for (const [code, entry] of Object.entries(FAULT_CODES)) {
    if (!/^[a-z]+(-[a-z0-9]+)*$/.test(code)) breaches.push({ file: 'src/kernel/fault-codes.ts', text: `${code} is not kebab-case` })
    if (entry.next.length < 10) breaches.push({ file: 'src/kernel/fault-codes.ts', text: `${code} tells the operator nothing to do` })
  }
  return breaches
}

const ARCHITECTURE_PAGE = 'docs/ARCHITECTURE.md'

/** Markdown of this repository; what packages bring with them is not ours. */
function listDocuments(): string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true })
  const dirs = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules' && entry.name !== 'dist').map((entry) => entry.name)
  return [...entries.filter((entry) => entry.name.endsWith('.md')).map((entry) => entry.name), ...dirs.flatMap((dir) => listFiles(dir, /\.md$/))]
}

function checkDocuments(): Breach[] {
  const isThere = (file: string): boolean => existsSync(path.join(ROOT, file))
  const page = isThere(ARCHITECTURE_PAGE) ? readFileSync(path.join(ROOT, ARCHITECTURE_PAGE), 'utf8') : ''
  return [...listDocuments().flatMap((file) => checkLinks(file, readFileSync(path.join(ROOT, file), 'utf8'), isThere)), ...checkRoomTable(ARCHITECTURE_PAGE, page, IMPORT_TABLE)]
}

/** Breaches that the checks must see. */
function plantedBreachesMissed(): Breach[] {
  const planted: readonly (readonly [string, readonly Breach[]])[] = [
    ['an import against the table', checkImports('src/kernel/planted.ts', "import { x } from '../server/driver/driver.ts'\n")],
    ['a re-export against the table', checkImports('src/wire/planted.ts', "export { x } from '../storage/device.ts'\n")],
    ['a dynamic import against the table', checkImports('src/agent/planted.ts', "const x = await import('../catalog/sqlite.ts')\n")],
    ['an unknown room', checkImports('src/nowhere/planted.ts', 'export const x = 1\n')],
    ['an ambient module', checkImports('src/server/planted.ts', "import { readFileSync } from 'node:fs'\n")],
    ['a link that leads nowhere', checkLinks('docs/planted.md', 'see [there](../nowhere.md#part)\n', () => false)],
    ['a room that the document leaves out', checkRoomTable('docs/planted.md', '', { wire: ['kernel'] })],
    ['a room of which the document says something else', checkRoomTable('docs/planted.md', '| `src/wire/` | codecs | kernel, stream |\n', { wire: ['kernel'] })],
    ['a room that only the document has', checkRoomTable('docs/planted.md', '| `src/attic/` | old things | – |\n', {})],
    ['a file that is too long', checkLength('src/server/planted.ts', '\n'.repeat(FILE_LINES_MAX + 1))],
  ]
  return planted.filter(([, found]) => found.length === 0).map(([what]) => ({ file: 'scripts/tidy.ts', text: `does not notice ${what}` }))
}

function listFiles(dir: string, names: RegExp): string[] {
  const found: string[] = []
  for (const entry of readdirSync(path.join(ROOT, dir), { withFileTypes: true })) {
    const file = path.posix.join(dir, entry.name)
    if (entry.isDirectory()) found.push(...listFiles(file, names))
    else if (names.test(entry.name)) found.push(file)
  }
  return found
}

const SOURCE_NAMES = /\.(ts|cjs)$/

export function tidy(): Breach[] {
  const breaches = [...plantedBreachesMissed(), ...checkShells(), ...checkFaultCodes(), ...checkDoctorPages(), ...checkDocuments()]
  for (const file of ['src', 'scripts', 'testkit', 'sim', 'integration', 'bench'].filter((dir) => existsSync(path.join(ROOT, dir))).flatMap((dir) => listFiles(dir, SOURCE_NAMES))) {
    const source = readFileSync(path.join(ROOT, file), 'utf8')
    breaches.push(...checkImports(file, source), ...checkLength(file, source))
  }
  return breaches
}

if (import.meta.main) {
  const breaches = tidy()
  for (const { file, text } of breaches) process.stdout.write(`${file}: ${text}\n`)
  process.stdout.write(`tidy: ${breaches.length} breaches\n`)
  process.exitCode = breaches.length === 0 ? 0 : 1
}
