// `holdfast doctor path --apply`: writes the recommended heartbeat into holdfast.yaml, and `dead-after` where it would be too short for it. Comments
// stay. The file is replaced as a whole, and only when what comes of it is a good configuration.

import { parseServerConfig } from '../../config/server-config.ts'
import { editYaml } from '../../config/yaml-document.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { Recommended } from '../../doctor/path/path-verdict.ts'
import { readFile, replaceFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CliContext } from '../context.ts'
import { placesOf } from '../machine.ts'

const PERMISSION_BITS = 0o7777
/** A link is given up after so many heartbeats at least: one may be late. */
const HEARTBEATS_TO_DEATH = 3

export interface HeartbeatChange {
  readonly file: string
  /** What changes, in words; empty: the heartbeat in use is short enough. */
  readonly changes: readonly string[]
}

/** What `recommended` asks for beside `tether`: nothing when its heartbeat is as short already. */
export function heartbeatEdits({ heartbeatMs, deadAfterMs }: ResolvedConfig['tether'], recommended: Recommended | undefined): readonly { readonly path: readonly string[]; readonly value: string; readonly text: string }[] {
  if (recommended === undefined || heartbeatMs <= recommended.heartbeatMs) return []
  const edit = (name: string, beforeMs: number, afterMs: number): { readonly path: readonly string[]; readonly value: string; readonly text: string } => ({ path: ['server', name], value: `${afterMs / 1000} s`, text: `${name} from ${beforeMs / 1000} s to ${afterMs / 1000} s` })
  const leastMs = HEARTBEATS_TO_DEATH * recommended.heartbeatMs
  return [edit('heartbeat', heartbeatMs, recommended.heartbeatMs), ...(deadAfterMs < leastMs ? [edit('dead-after', deadAfterMs, leastMs)] : [])]
}

/** Changes `file`. Says what it is going to do through `onBefore`. Rejects with `config-invalid` when the changed file would not be good. */
export async function applyHeartbeat(context: CliContext, file: string, config: ResolvedConfig, recommended: Recommended | undefined, onBefore: (text: string) => void): Promise<HeartbeatChange> {
  const edits = heartbeatEdits(config.tether, recommended)
  if (edits.length === 0) return { file, changes: [] }
  const changes = edits.map(({ text }) => text)
  onBefore(`Changing ${file}: ${changes.join(', ')}.\n`)
  const before = (await readFile(context.disk, file)).toString('utf8')
  const after = editYaml(before, edits)
  const outcome = parseServerConfig(after, file, placesOf(context.machine).server)
  if (outcome.kind !== 'config') throw new Fault('config-invalid', `${file} was not changed: what would come of it has errors`, { next: `Write ${changes.join(' and ')} by hand, in the part \`server\`.` })
  const stat = await context.disk.stat(file)
  if (stat?.kind === 'symlink') throw new Fault('config-invalid', `${file} is a link and was not changed`, { next: 'Name the file itself with `--config FILE`.' })
  await replaceFile(context.disk, file, Buffer.from(after), (stat?.mode ?? 0o600) & PERMISSION_BITS)
  return { file, changes }
}
