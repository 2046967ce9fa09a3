// Sealing of the vault's small objects: manifests, ledger, index, marks. Every object has a key of its own, from the master key, a fresh salt of 256 bits, and what the object is and is
// called: so no nonce can come twice, and no object opens in the place of another. Format: docs/formats/vault.md, "Sealed objects".

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Fault } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import { NONCE_BYTES } from '../../wire/vault/block-seal.ts'
import { INDEX_OBJECT_BYTES_MAX, KEY_BYTES, LEDGER_BYTES_MAX, MANIFEST_BYTES_MAX, MARK_BYTES_MAX, SALT_BYTES, TAG_BYTES } from '../../wire/vault/limits.ts'
import type { ObjectKind } from './contract.ts'

const MAGIC = Buffer.from('HFSEAL01', 'latin1')
const CLEAR_BYTES = MAGIC.length + 1 + SALT_BYTES
const NONCE = Buffer.alloc(NONCE_BYTES)
const NUMBERS: Readonly<Record<ObjectKind, number>> = { manifest: 1, ledger: 2, index: 3, mark: 4 }
const BYTES_MAX: Readonly<Record<ObjectKind, number>> = { manifest: MANIFEST_BYTES_MAX, ledger: LEDGER_BYTES_MAX, index: INDEX_OBJECT_BYTES_MAX, mark: MARK_BYTES_MAX }
const RAW = 0
const ZSTD = 1
/** Flag and plain bytes. */
const ZSTD_HEAD_BYTES = 5
const COMPRESS_BYTES_MIN = 200

export interface ObjectSeal {
  readonly master: Uint8Array
  readonly vaultId: Uint8Array
  readonly kind: ObjectKind
  readonly name: string
}

export function sealObject(seal: ObjectSeal, plain: Uint8Array, random: Random): Uint8Array {
  const clear = Buffer.concat([MAGIC, Buffer.of(NUMBERS[seal.kind]), random.bytes(SALT_BYTES)])
  const cipher = createCipheriv('aes-256-gcm', objectKey(seal, clear), NONCE, { authTagLength: TAG_BYTES })
  cipher.setAAD(clear)
  const packed = pack(seal.kind, plain)
  return Buffer.concat([clear, ...packed.map((piece) => cipher.update(piece)), cipher.final(), cipher.getAuthTag()])
}

/** Throws `vault-damaged` when it is not what was sealed under that kind and name. */
export function openObject(seal: ObjectSeal, sealed: Uint8Array): Uint8Array {
  const what = `${seal.kind} ${seal.name}`
  const clear = sealed.subarray(0, CLEAR_BYTES)
  if (sealed.length <= CLEAR_BYTES + TAG_BYTES || sealed.length > BYTES_MAX[seal.kind] + CLEAR_BYTES + TAG_BYTES + ZSTD_HEAD_BYTES) throw new Fault('vault-damaged', `${what} has ${sealed.length} bytes`)
  if (!MAGIC.equals(sealed.subarray(0, MAGIC.length)) || sealed[MAGIC.length] !== NUMBERS[seal.kind]) throw new Fault('vault-damaged', `${what} is something else`)
  const decipher = createDecipheriv('aes-256-gcm', objectKey(seal, clear), NONCE, { authTagLength: TAG_BYTES })
  decipher.setAAD(clear)
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const packed = decipher.update(sealed.subarray(CLEAR_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
  } catch (error) {
    throw new Fault('vault-damaged', `${what} is not what was written: its seal is broken`, { cause: error })
  }
  return unpack(packed, BYTES_MAX[seal.kind], what)
}

/** The salt is part of `clear`. */
function objectKey(seal: ObjectSeal, clear: Uint8Array): Buffer {
  const info = Buffer.concat([Buffer.from('holdfast object', 'latin1'), Buffer.of(NUMBERS[seal.kind]), seal.vaultId, Buffer.from(seal.name, 'utf8')])
  return Buffer.from(hkdfSync('sha256', seal.master, clear.subarray(MAGIC.length + 1), info, KEY_BYTES))
}

/** Ids do not compress: of an index it is not tried. */
function pack(kind: ObjectKind, plain: Uint8Array): readonly Uint8Array[] {
  if (kind !== 'index' && plain.length >= COMPRESS_BYTES_MIN) {
    const compressed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    if (compressed.length + ZSTD_HEAD_BYTES < plain.length) {
      const head = Buffer.alloc(ZSTD_HEAD_BYTES)
      head[0] = ZSTD
      head.writeUInt32LE(plain.length, 1)
      return [head, compressed]
    }
  }
  return [Buffer.of(RAW), plain]
}

function unpack(packed: Buffer, bytesMax: number, what: string): Uint8Array {
  if (packed[0] === RAW) return viewOf(packed, 1)
  const bytes = packed[0] === ZSTD && packed.length > ZSTD_HEAD_BYTES ? packed.readUInt32LE(1) : bytesMax + 1
  if (bytes > bytesMax) throw new Fault('vault-damaged', `${what} has contents that cannot be`)
  try {
    const plain = zstdDecompressSync(packed.subarray(ZSTD_HEAD_BYTES), { maxOutputLength: Math.max(1, bytes) })
    if (plain.length === bytes) return viewOf(plain, 0)
  } catch (error) {
    throw new Fault('vault-damaged', `${what} cannot be uncompressed`, { cause: error })
  }
  throw new Fault('vault-damaged', `${what} is shorter than it says`)
}

/** No Buffer, whose `slice` is a view. */
function viewOf(bytes: Buffer, from: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, bytes.length - from)
}
