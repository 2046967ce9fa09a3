// Names of users and groups, as the archive and the index want them, by number. Made once for a dump from the text of /etc/passwd and /etc/group; a number
// without a name has none.

export interface OwnerName {
  readonly plain: Uint8Array
  /** As the index writes it. */
  readonly shown: Uint8Array
}

/** A header has room for no more. */
const NAME_BYTES_MAX = 31
const USED_MAX = 20_000
const NO_NAME: OwnerName = { plain: new Uint8Array(0), shown: Buffer.from('-') }

function ownerName(name: string): OwnerName {
  return { plain: Buffer.from(name, 'latin1'), shown: Buffer.from(name.replace(/[^!-[\]-~]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`), 'latin1') }
}

/** Of the text of a file such as /etc/passwd or /etc/group, as a string of bytes: the name is the first field, the number the third. */
function parseNames(text: string): Map<number, OwnerName> {
  const names = new Map<number, OwnerName>()
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':')
    if (name === '' || name.length > NAME_BYTES_MAX || !/^\d{1,10}$/.test(number) || names.has(Number(number))) continue
    names.set(Number(number), ownerName(name))
  }
  return names
}

export class OwnerNames {
  readonly #users: ReadonlyMap<number, OwnerName>
  readonly #groups: ReadonlyMap<number, OwnerName>
  /** Those that were asked for last: it is mostly the same ones. */
  #uid = -1
  #user = NO_NAME
  #gid = -1
  #group = NO_NAME
  /** Lines `u:NUMBER:NAME` and `g:NUMBER:NAME` of what was asked for; `*` when that was too much to know. */
  readonly used = new Set<string>()

  constructor(passwd: string, group: string) {
    this.#users = parseNames(passwd)
    this.#groups = parseNames(group)
  }

  user(uid: number): OwnerName {
    if (uid !== this.#uid) {
      this.#uid = uid
      this.#user = this.#users.get(uid) ?? NO_NAME
      this.#note('u', uid, this.#user)
    }
    return this.#user
  }

  /** Whether each of the lines is what this would say. */
  agreesWith(lines: readonly string[]): boolean {
    return lines.every((line) => {
      const [kind, number = '', ...rest] = line.split(':')
      const name = (kind === 'u' ? this.#users : kind === 'g' ? this.#groups : undefined)?.get(Number(number)) ?? NO_NAME
      return line !== '*' && Buffer.from(name.plain).toString('latin1') === rest.join(':')
    })
  }

  #note(kind: 'u' | 'g', number: number, name: OwnerName): void {
    if (this.used.size < USED_MAX) this.used.add(`${kind}:${number}:${Buffer.from(name.plain).toString('latin1')}`)
    else this.used.add('*')
  }

  group(gid: number): OwnerName {
    if (gid !== this.#gid) {
      this.#gid = gid
      this.#group = this.#groups.get(gid) ?? NO_NAME
      this.#note('g', gid, this.#group)
    }
    return this.#group
  }
}
