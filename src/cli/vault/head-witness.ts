// Notes outside the vault which was its newest entry, so that a vault that is put back to an older state as a whole is noticed on this machine. Format: a line of JSON a vault.

import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import type { HeadWitness } from '../../storage/vault/open-vault.ts'

const BYTES_MAX = 4096

/** `directory`: of notes; made when the first is written. `id`: of the vault. */
export function headWitness(disk: Disk, directory: string, id: string): HeadWitness {
  const file = `${directory}/${id}.head`
  return {
    async read() {
      try {
        const value: unknown = JSON.parse((await readFile(disk, file, BYTES_MAX)).toString('utf8'))
        if (typeof value !== 'object' || value === null || !('seq' in value) || !('sha256' in value)) return undefined
        return typeof value.seq === 'number' && typeof value.sha256 === 'string' ? { seq: value.seq, sha256: value.sha256 } : undefined
      } catch (error) {
        // A note that is lost or damaged proves nothing.
        if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
        throw error
      }
    },
    async write({ seq, sha256 }) {
      await disk.makeDir(directory, 0o700)
      await replaceFile(disk, file, Buffer.from(`${JSON.stringify({ seq, sha256 })}\n`), 0o600)
    },
  }
}
