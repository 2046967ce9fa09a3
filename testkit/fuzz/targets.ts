// All fuzz targets, by the room whose readers they cover.

import { AMANDA_CONFIG_TARGETS } from './targets/amanda-config.ts'
import { AMANDA_FILE_TARGETS } from './targets/amanda-files.ts'
import { AMANDA_SERVICE_TARGETS } from './targets/amanda-services.ts'
import { CONFIG_TARGETS } from './targets/config.ts'
import { CONTROL_TARGETS } from './targets/control.ts'
import { DOCTOR_LOG_TARGETS } from './targets/doctor-logs.ts'
import { EXTRACT_TARGETS } from './targets/extract.ts'
import { INDEX_FILE_TARGETS } from './targets/index-file.ts'
import { INDEX_TREE_TARGETS } from './targets/index-tree.ts'
import { PROBE_TARGETS } from './targets/probe.ts'
import { SEEKABLE_ZSTD_TARGETS } from './targets/seekable-zstd.ts'
import { TAR_TARGETS } from './targets/tar.ts'
import { TETHER_FRAME_TARGETS } from './targets/tether-frames.ts'
import { TETHER_SESSION_TARGETS } from './targets/tether-session.ts'
import { TETHER_TRUST_TARGETS } from './targets/tether-trust.ts'
import { VAULT_INDEX_TARGETS } from './targets/vault-index.ts'
import { VAULT_TARGETS } from './targets/vault.ts'
import type { FuzzTarget } from './target.ts'

export const TARGETS: readonly FuzzTarget[] = [
  ...TETHER_FRAME_TARGETS,
  ...TETHER_SESSION_TARGETS,
  ...TETHER_TRUST_TARGETS,
  ...PROBE_TARGETS,
  ...AMANDA_SERVICE_TARGETS,
  ...AMANDA_FILE_TARGETS,
  ...TAR_TARGETS,
  ...SEEKABLE_ZSTD_TARGETS,
  ...EXTRACT_TARGETS,
  ...INDEX_FILE_TARGETS,
  ...INDEX_TREE_TARGETS,
  ...CONFIG_TARGETS,
  ...AMANDA_CONFIG_TARGETS,
  ...CONTROL_TARGETS,
  ...DOCTOR_LOG_TARGETS,
  ...VAULT_TARGETS, ...VAULT_INDEX_TARGETS,
]

export function targetNamed(name: string): FuzzTarget | undefined {
  return TARGETS.find((target) => target.name === name)
}
