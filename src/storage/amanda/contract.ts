// A changer of Amanda: slots with a volume each, one of them current for each configuration, and what the changer remembers of them. Volumes are those of
// `file:` devices. The words in which stock Amanda says what is wrong with a volume are part of the contract: its programs print them.

import type { Device } from '../device.ts'

/** What is in a slot, as it was found by reading it. */
export type VolumeReading =
  | { readonly kind: 'labelled'; readonly label: string; readonly datestamp: string }
  /** Nothing that Amanda wrote. */
  | { readonly kind: 'blank'; readonly words: string }
  /** Something that cannot be read, or a place that is not there. */
  | { readonly kind: 'damaged'; readonly words: string }

/** What the changer knows of a slot without reading it. */
export interface SlotRecord {
  readonly slot: string
  readonly isCurrent: boolean
  readonly content: { readonly kind: 'unknown' } | { readonly kind: 'blank' } | { readonly kind: 'labelled'; readonly label: string } | { readonly kind: 'damaged'; readonly words: string }
}

/** What a changer cannot do, in stock's words. */
export class ChangerRefusal extends Error {}

export interface AmandaChanger {
  readonly kind: 'chg-disk' | 'chg-multi' | 'chg-single'
  /** As the configuration names it. */
  readonly name: string
  /** Whether it finds a label without reading every slot. */
  readonly isFastSearch: boolean
  inventory(): Promise<readonly SlotRecord[]>
  /** The device of a slot, where volumes are read from and written to. Throws a ChangerRefusal when there is no such slot. */
  device(slot: string): Promise<Device>
  /** Reads the label in a slot, and no more. Throws a ChangerRefusal when there is no such slot. */
  look(slot: string): Promise<VolumeReading>
  /** Reads the label in a slot and remembers it; a slot that is missing is made where the changer does that. Throws a ChangerRefusal when there is no such slot. */
  read(slot: string): Promise<VolumeReading>
  setCurrent(slot: string): Promise<void>
  /** Labels the volume in a slot after taking all that is on it away; durable when it resolves. Undefined: it is left without a label. */
  rewrite(slot: string, label: { readonly label: string; readonly datestamp: string } | undefined): Promise<void>
  /** The meta label of the whole changer, where it keeps one and has one. */
  meta(): Promise<string | undefined>
  /** Notes the meta label of the whole changer, where it keeps one. */
  setMeta(meta: string): Promise<void>
  reset(): Promise<void>
  create(): Promise<void>
  eject(): Promise<void>
  /** Returns what is to be said; the last line says whether it went well. */
  update(what: string | undefined): Promise<readonly string[]>
}
