// What the driver is told otherwise than the configuration says: dumps of earlier runs are chosen before it sees them, so it writes all that it is shown. Pure.

import type { ResolvedConfig } from '../../config/resolved.ts'

export function withChosenFlushes(config: ResolvedConfig): ResolvedConfig {
  const { storage } = config
  if (storage.kind !== 'vtape' || storage.flush === undefined) return config
  return { ...config, storage: { ...storage, flush: { ...storage.flush, earlier: 'all' } } }
}
