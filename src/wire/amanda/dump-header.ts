// The header before every dump on a volume or holding disk: one block of text, padded with NUL to 32768 bytes. Format:
// docs/formats/dump-header.md. Readable by stock Amanda 3.x in both directions.

export const DUMP_HEADER_BYTES = 32_768

export type DumpHeader =
  | { readonly kind: 'tapestart'; readonly datestamp: string; readonly label: string }
  | { readonly kind: 'tapeend'; readonly datestamp: string }
  | { readonly kind: 'noop' }
  | DumpFileHeader

export interface DumpFileHeader {
  readonly kind: 'file' | 'cont-file' | 'split-file'
  readonly datestamp: string
  readonly host: string
  readonly disk: string
  readonly level: number
  /** `split-file` only. total -1: unknown when the part was written. */
  readonly part?: { readonly number: number; readonly total: number }
  /** Suffix of the compressed form (`.gz`, `.zst`, `cust`); `N` when it is not compressed. */
  readonly compress: string
  readonly isEncrypted: boolean
  /** `/bin/tar`, `APPLICATION`, … */
  readonly program: string
  readonly application?: string
  readonly serverCustomCompress?: string
  readonly clientCustomCompress?: string
  readonly serverEncrypt?: string
  readonly clientEncrypt?: string
  readonly serverDecryptOption?: string
  readonly clientDecryptOption?: string
  readonly continuation?: string
  readonly isPartial: boolean
  /** Uncompressed size, KiB; 0 when unknown. */
  readonly originalKib: number
  /** `%08x:%d` each. */
  readonly nativeCrc?: string
  readonly clientCrc?: string
  readonly serverCrc?: string
  /** The `<dle>…</dle>` of the request that made the dump. */
  readonly dleXml?: string
  /** Shell commands that undo the filters, each empty or ending in `|`, and the one that restores. */
  readonly decryptCommand: string
  readonly uncompressCommand: string
  readonly recoverCommand: string
  /** Written as `bs=32k` in the restore hint when set. */
  readonly blockKib?: number
}
