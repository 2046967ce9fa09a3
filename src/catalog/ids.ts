// The ids of the catalog. They are made of what a volume's headers hold, so that a rebuilt catalog has the same ones.

import type { DumpId, RunId } from './contract.ts'

export function runId(datestamp: string): RunId {
  return datestamp as RunId
}

/** `run/host/disk/level`, each part percent-encoded. */
export function dumpId(run: RunId, host: string, disk: string, level: number): DumpId {
  return [run, host, disk, String(level)].map((part) => encodeURIComponent(part)).join('/') as DumpId
}
