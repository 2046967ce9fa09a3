// Which numbers owners get here: those of the archive, or those that this machine has for their names. Names are asked of /etc/passwd and /etc/group once.

import { readFile, type Disk } from '../../kernel/disk.ts'
import type { AclIds } from '../../posix/acl.ts'
import type { ExtractOptions } from './contract.ts'

export interface OwnerIds {
  user(name: string, id: number): number
  group(name: string, id: number): number
  /** For access lists, which GNU tar writes with names. */
  readonly aclIds: AclIds
}

const ID_MAX = 0xffff_fffe

/** Lines `NAME:PASSWORD:ID:…`; the first of a name counts. */
function parseIds(text: string): Map<string, number> {
  const ids = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':')
    if (name !== '' && /^\d{1,10}$/.test(number) && Number(number) <= ID_MAX && !ids.has(name)) ids.set(name, Number(number))
  }
  return ids
}

async function idsOf(disk: Disk, path: string): Promise<Map<string, number>> {
  const bytes = await readFile(disk, path).catch(() => Buffer.alloc(0))
  return parseIds(bytes.toString('latin1'))
}

/** A machine that does not say who its users are has none. */
export async function openOwnerIds(disk: Disk, owners: ExtractOptions['owners']): Promise<OwnerIds> {
  const [users, groups] = await Promise.all([idsOf(disk, '/etc/passwd'), idsOf(disk, '/etc/group')])
  const choose = (names: Map<string, number>, name: string, id: number): number => {
    const known = owners === 'name' && name !== '' ? names.get(name) : undefined
    // As the system call takes it; the number that means "unchanged" means nobody.
    return Math.min(known ?? id >>> 0, ID_MAX)
  }
  return {
    user: (name, id) => choose(users, name, id),
    group: (name, id) => choose(groups, name, id),
    aclIds: { user: (name) => users.get(name), group: (name) => groups.get(name) },
  }
}
