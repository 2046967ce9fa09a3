// Properties of applications and scripts. Remarks name them and never show their values.

import type { AmandaValue } from '../values.ts'
import { isOtherBytes, isPlainName, utf8Of } from './amanda-text.ts'
import type { SettingsReader } from './ledger.ts'

type Properties = Readonly<Record<string, readonly string[]>>

function entriesOf(value: AmandaValue): ReturnType<Extract<AmandaValue, { readonly kind: 'properties' }>['properties']['entries']> {
  return value.kind === 'properties' ? value.properties.entries() : []
}

export function propertiesOf(section: SettingsReader): Properties {
  const kept: [string, readonly string[]][] = []
  for (const [bytes, { values, hasPriority }] of entriesOf(section.value('PROPERTY'))) {
    const name = utf8Of(bytes)
    if (!isPlainName(name) || name === '__proto__') section.remark('PROPERTY', 'changed', `the property \`${name}\` is left out: it has no possible name`)
    else if (values.some((one) => /[\n\0]/.test(one) || isOtherBytes(one))) section.remark('PROPERTY', 'changed', `the property \`${name}\` is left out: its value is not one line of UTF-8`)
    else kept.push([name, values.map(utf8Of)])
    if (hasPriority) section.remark('PROPERTY', 'changed', `the property \`${name}\` is sent to the client, but without priority over its own`)
  }
  return Object.fromEntries(kept)
}

/** Says of each property that it is not used but for those of `known`. */
export function remarkProperties(section: SettingsReader, keyword: string, known: ReadonlySet<string>, outcome: string): void {
  if (!section.isWritten(keyword)) return
  for (const [name] of entriesOf(section.value(keyword))) if (!known.has(name)) section.remark(keyword, 'not-used-yet', `the property \`${utf8Of(name)}\` ${outcome}`)
}

/** The first value of a property; undefined when it is not set. */
export function propertyOf(section: SettingsReader, keyword: string, name: string): string | undefined {
  const value = section.value(keyword)
  return value.kind === 'properties' ? value.properties.get(name)?.values[0] : undefined
}
