// Names of the files that amrestore and amfetchdump write. They come from headers and logs, which anybody may have written, so nothing in them leads out of the
// directory.

import { sanitiseFileName } from '../../wire/amanda/quote.ts'

interface NamedDump {
  readonly host: string
  readonly disk: string
  readonly datestamp: string
  readonly level: number
}

const NAME_BYTES_MAX = 255

/** `host.disk.datestamp.level`, a part's number, and what is said of its form (`.gz`). A name that no file can have is cut. */
export function restoredName({ host, disk, datestamp, level }: NamedDump, partNumber: number | undefined, form: string): string {
  const tail = sanitiseFileName(`.${datestamp}.${level}${partNumber === undefined ? '' : `.${String(partNumber).padStart(7, '0')}`}${form}`)
  const head = Buffer.from(sanitiseFileName(`${host}.${disk}`))
  const room = Math.max(1, NAME_BYTES_MAX - Buffer.byteLength(tail))
  const name = head.length <= room ? head.toString() : head.toString('utf8', 0, room).replace(/\uFFFD$/, '')
  return `${name}${tail}`
}
