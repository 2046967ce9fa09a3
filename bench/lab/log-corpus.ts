// Logs for benches, as large as asked for: the recorded logs of real runs again and again, each time of another night and another client. Half of the
// bytes lie as Amanda leaves them, in many small files below a directory a night; half in files of some megabytes, as busy servers and amandad write.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

const LARGE_FILE_BYTES = 8 * 1024 * 1024
const NIGHTS = 28

interface Log {
  readonly name: string
  readonly text: string
}

/** All logs below `dirs`; what is packed is unpacked. */
function readLogs(dirs: readonly string[]): Log[] {
  return dirs.flatMap((dir) => readdirSync(dir).filter((name) => !name.endsWith('.json')).map((name) => {
    const bytes = readFileSync(path.join(dir, name))
    return { name: name.replace(/\.gz$/, ''), text: (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1') }
  }))
}

/** The log of run number `run`, of client `client`. */
function anotherRun({ name, text }: Log, run: number, client: number): Log {
  const day = String(1 + (run % NIGHTS)).padStart(2, '0')
  const ofNight = (old: string): string => old.replaceAll(/\b202611\d\d/g, `202602${day}`)
  return { name: ofNight(name), text: ofNight(text).replaceAll(/\bNov \d\d /g, `Feb ${day} `).replaceAll('amclient', `client${client}`) }
}

/** Writes at least `bytes` bytes of logs below `root`, made from those in `dirs`, of `clients` clients. Returns how many bytes. */
export function makeLogCorpus(root: string, dirs: readonly string[], bytes: number, clients: number): number {
  const logs = readLogs(dirs)
  let written = 0
  let large: string[] = []
  let largeBytes = 0
  for (let run = 0; written < bytes; run++) {
    const night = path.join(root, `run-${run}`)
    mkdirSync(night, { recursive: true })
    const isLarge = run % 2 === 1
    for (const log of logs) {
      const { name, text } = anotherRun(log, run >> 1, run % clients)
      written += text.length
      if (!isLarge) writeFileSync(path.join(night, name), text, 'latin1')
      else {
        large.push(text)
        largeBytes += text.length
      }
    }
    if (largeBytes < LARGE_FILE_BYTES && written < bytes) continue
    writeFileSync(path.join(night, 'all.log'), large.join(''), 'latin1')
    large = []
    largeBytes = 0
  }
  return written
}
