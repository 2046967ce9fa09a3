// The storage of a configuration where only volumes will do.

import { Fault } from '../kernel/fault.ts'
import type { ResolvedConfig, VtapeStorageConfig } from './resolved.ts'

/** Throws `usage-wrong` for a vault. */
export function volumesOf({ storage }: Pick<ResolvedConfig, 'storage'>): VtapeStorageConfig {
  if (storage.kind === 'vtape') return storage
  throw new Fault('usage-wrong', `the storage ${storage.name} is a vault and has no volumes`, { next: 'Use `holdfast vault` for it.' })
}
