// The values that parameters of Amanda can have.

import { PropertyTable } from './property-table.ts'

export type AmandaValue =
  | { readonly kind: 'text'; readonly text: string }
  /** Names of sections. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** The application of a dumptype: the name of its section. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'boolean'; readonly isOn: boolean }
  /** A word of an enumeration, as it is printed. */
  | { readonly kind: 'choice'; readonly word: string }
  | { readonly kind: 'choices'; readonly words: readonly string[]; readonly separator: string }
  /** Compression rates of full and incremental dumps. */
  | { readonly kind: 'rates'; readonly full: number; readonly incremental: number }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  /** HHMM as a number. */
  | { readonly kind: 'time'; readonly value: number }
  | { readonly kind: 'texts'; readonly texts: readonly string[] }
  | { readonly kind: 'patterns'; readonly lists: readonly string[]; readonly files: readonly string[]; readonly isOptional: boolean }
  | { readonly kind: 'properties'; readonly properties: PropertyTable }
  | { readonly kind: 'autolabel'; readonly template: string | undefined; readonly isOtherConfig: boolean; readonly isNonAmanda: boolean; readonly isVolumeError: boolean; readonly isEmpty: boolean }
  /** `template` undefined: whatever autolabel makes. */
  | { readonly kind: 'labels'; readonly template: string | undefined }
  | { readonly kind: 'hosts'; readonly isSameHost: boolean; readonly isServer: boolean; readonly patterns: readonly string[] }
  | { readonly kind: 'selections'; readonly selections: readonly { readonly tag: string; readonly level: string }[] }
  | { readonly kind: 'vaults'; readonly vaults: readonly { readonly storage: string; readonly days: bigint }[] }

export const text = (value: string): AmandaValue => ({ kind: 'text', text: value })
export const integer = (value: number | bigint): AmandaValue => ({ kind: 'integer', value: BigInt(value) })
export const real = (value: number): AmandaValue => ({ kind: 'real', value })
export const names = (...list: readonly string[]): AmandaValue => ({ kind: 'names', names: list })
export const on: AmandaValue = { kind: 'boolean', isOn: true }
export const off: AmandaValue = { kind: 'boolean', isOn: false }
export const choice = (word: string): AmandaValue => ({ kind: 'choice', word })
export const noTexts: AmandaValue = { kind: 'texts', texts: [] }
export const noPatterns: AmandaValue = { kind: 'patterns', lists: [], files: [], isOptional: false }
export const noProperties: Extract<AmandaValue, { readonly kind: 'properties' }> = { kind: 'properties', properties: PropertyTable.empty }
export const noAutolabel: AmandaValue = { kind: 'autolabel', template: undefined, isOtherConfig: false, isNonAmanda: false, isVolumeError: false, isEmpty: false }
export const allLabels: AmandaValue = { kind: 'labels', template: '.*' }
export const hosts = (isServer: boolean): AmandaValue => ({ kind: 'hosts', isSameHost: false, isServer, patterns: [] })
