// The id of a segment: BLAKE3 under the id key of its dedup domain, 32 bytes. The only file that knows the packages for it: a native one, and one in
// WebAssembly (a third as fast) for machines that the native one has no binary for. Both give the same ids. Why these: docs/adr/0013-segments-and-blocks.md.

import { ID_BYTES, KEY_BYTES } from '../../wire/vault/limits.ts'
import { assert } from '../../kernel/assert.ts'

/** A hasher that holds its key. */
interface KeyedHasher {
  /** The hash of `bytes` in hexadecimal. */
  digest(bytes: Uint8Array): string
}

type HasherOpener = (key: Uint8Array) => Promise<KeyedHasher>

async function nativeOpener(): Promise<HasherOpener> {
  const { Blake3Hasher } = await import('@napi-rs/blake-hash')
  return (key) => {
    const hasher = Blake3Hasher.newKeyed(Buffer.from(key))
    return Promise.resolve({
      digest(bytes) {
        // Back to the key. A new hasher costs ten times as much; the digest as a Buffer costs more than its text, since it comes with a finalizer.
        hasher.reset()
        // Any bytes will do, whatever the types of the package say.
        return hasher.update(bytes as Buffer).digest('hex')
      },
    })
  }
}

async function portableOpener(): Promise<HasherOpener> {
  const { createBLAKE3 } = await import('hash-wasm')
  return async (key) => {
    const hasher = await createBLAKE3(8 * ID_BYTES, key)
    return { digest: (bytes) => hasher.init().update(bytes).digest('hex') }
  }
}

export class SegmentHash {
  readonly #hasher: KeyedHasher
  readonly #scratch = Buffer.alloc(ID_BYTES)

  constructor(hasher: KeyedHasher) {
    this.#hasher = hasher
  }

  /** Writes the id of `segment` at `at` of `target`. `segment` may lie in shared memory. */
  idInto(segment: Uint8Array, target: Buffer, at: number): void {
    target.write(this.#hasher.digest(segment), at, 'hex')
  }

  id(segment: Uint8Array): Uint8Array {
    const id = Buffer.alloc(ID_BYTES)
    this.idInto(segment, id, 0)
    return id
  }

  /** Whether the id at `at` of `ids` is that of `segment`. */
  isId(segment: Uint8Array, ids: Uint8Array, at: number): boolean {
    this.idInto(segment, this.#scratch, 0)
    return this.#scratch.compare(ids, at, at + ID_BYTES) === 0
  }
}

let nativeHashers: Promise<HasherOpener> | undefined
let portableHashers: Promise<HasherOpener> | undefined

/** `portable`: not the native package, although it is there. One hash serves one thread. */
export async function openSegmentHash(idKey: Uint8Array, kind: 'fastest' | 'portable' = 'fastest'): Promise<SegmentHash> {
  assert(idKey.length === KEY_BYTES, 'an id key has 32 bytes')
  portableHashers ??= kind === 'portable' ? portableOpener() : undefined
  nativeHashers ??= nativeOpener().catch(() => (portableHashers ??= portableOpener()))
  const open = await (kind === 'portable' ? (portableHashers ?? portableOpener()) : nativeHashers)
  return new SegmentHash(await open(idKey))
}
