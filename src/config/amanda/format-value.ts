// How `amgetconf` prints a value: the lines of it, without their newlines. No line at all: nothing is set.

import type { AmandaValue } from './values.ts'

const REAL_DIGITS = 5

const ESCAPES: Readonly<Record<string, string>> = { '"': String.raw`\"`, '\\': String.raw`\\`, '\n': String.raw`\n`, '\t': String.raw`\t`, '\r': String.raw`\r`, '\f': String.raw`\f` }

export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\\n\t\r\f]/g, (character) => ESCAPES[character] ?? character)}"`
}

function listLine(title: string, isOptional: boolean, items: readonly string[]): string {
  return [title, ...(isOptional ? ['OPTIONAL'] : []), ...items.map(quoted)].join(' ')
}

export function formatValue(value: AmandaValue): string[] {
  switch (value.kind) {
    case 'text': return [value.text]
    case 'names': return [value.names.length === 0 ? '""' : value.names.join(' ')]
    case 'reference': return [value.name === '' ? '' : quoted(value.name)]
    case 'integer': return [String(value.value)]
    case 'real': return [value.value.toFixed(REAL_DIGITS)]
    case 'boolean': return [value.isOn ? 'yes' : 'no']
    case 'choice': return [value.word]
    case 'choices': return [value.words.join(value.separator)]
    case 'rates': return [`${value.full.toFixed(REAL_DIGITS)} ${value.incremental.toFixed(REAL_DIGITS)}`]
    case 'range': return [`${value.from},${value.to}`]
    case 'time': return [formatTime(value.value)]
    case 'texts': return value.texts.length === 0 ? [] : [value.texts.map(quoted).join(' ')]
    case 'patterns': return [listLine('LIST', value.isOptional, value.lists), listLine('FILE', value.isOptional, value.files)]
    case 'properties': return formatProperties(value.properties)
    case 'autolabel': return [formatAutolabel(value)]
    case 'labels': return [value.template === undefined ? 'MATCH-AUTOLABEL' : quoted(value.template)]
    case 'hosts': return [`${value.isSameHost ? 'SAME-HOST ' : ''}${value.isServer ? 'SERVER ' : ''}${value.patterns.map((pattern) => `${quoted(pattern)} `).join('')}`]
    case 'selections': return value.selections.map(({ tag, level }) => `${tag} ${level}`)
    case 'vaults': return value.vaults.map(({ storage, days }) => `${quoted(storage)} ${days}`)
  }
}

/** HHMM; the hours in two places, blank before a single digit. */
function formatTime(value: number): string {
  const minutes = value % 100
  return `${String(Math.trunc(value / 100)).padStart(2)}${minutes < 0 ? `-${String(-minutes)}` : String(minutes).padStart(2, '0')}`
}

function formatAutolabel(value: Extract<AmandaValue, { readonly kind: 'autolabel' }>): string {
  const words = [value.isOtherConfig ? 'OTHER-CONFIG' : '', value.isNonAmanda ? 'NON-AMANDA' : '', value.isVolumeError ? 'VOLUME-ERROR' : '', value.isEmpty ? 'EMPTY' : '']
  return [quoted(value.template ?? ''), ...words.filter((word) => word !== '')].join(' ')
}

function formatProperties(properties: Extract<AmandaValue, { readonly kind: 'properties' }>['properties']): string[] {
  return properties.entries().map(([name, { isVisible, hasPriority, values }]) => `${isVisible ? 'visible' : 'hidden'} ${hasPriority ? 'priority ' : ''}${[name, ...values].map(quoted).join(' ')}`)
}
