// How far a check of every byte has come, and what it found: a sealed object, so that nobody can make a check pass over what it should see. It is written every so often
// and replaced; it belongs to one check and goes with its end.

import { faultOf } from '../../../kernel/fault.ts'
import type { VaultProblem } from '../contract.ts'
import type { VaultCore } from '../vault-core.ts'

const CURSOR = 'check'
const CURSOR_BYTES_MAX = 64 * 1024

export interface CheckCursor {
  /** Packs up to this id were checked, in the order of their ids. */
  readonly behind: string
  readonly bytes: number
  readonly objects: number
  readonly problems: readonly Pick<VaultProblem, 'object' | 'kind' | 'message'>[]
}

export async function readCursor(core: VaultCore): Promise<CheckCursor | undefined> {
  try {
    const sealed = await core.directory.read(CURSOR, CURSOR_BYTES_MAX)
    const value = JSON.parse(Buffer.from(core.keys.open('mark', CURSOR, sealed)).toString('utf8')) as CheckCursor
    return typeof value.behind === 'string' && Array.isArray(value.problems) ? value : undefined
  } catch {
    // Without it the check begins again, which is always right.
    return undefined
  }
}

export async function writeCursor(core: VaultCore, cursor: CheckCursor): Promise<void> {
  const plain = Buffer.from(JSON.stringify({ ...cursor, problems: cursor.problems.slice(0, 100) }))
  try {
    await core.directory.write(CURSOR, [core.keys.seal('mark', CURSOR, plain)])
  } catch (error) {
    core.log.warn('how far the check has come could not be noted', { error: faultOf(error).message })
  }
}

export async function dropCursor(core: VaultCore): Promise<void> {
  await core.directory.remove(CURSOR)
}
