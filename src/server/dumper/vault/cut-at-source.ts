// Whether the agent itself cuts the dump of a disk into segments and sends only what the vault lacks. It can do so with what its own archiver reads;
// output of other programs, and what a program encrypts so that the server cannot read it, is cut here as it arrives. Pure.

import type { DiskListEntry, StorageConfig } from '../../../config/resolved.ts'

export function isCutAtSource({ application, encrypt }: Pick<DiskListEntry, 'application' | 'encrypt'>, { kind }: Pick<StorageConfig, 'kind'>): boolean {
  return kind === 'vault' && application.name === 'archive' && encrypt.kind === 'none'
}
