// Writes a disk list entry as the XML that stock Amanda 3.5 writes and reads: element order and indentation as in its requests, values
// with awkward bytes as base64 beside a masked text. Format: docs/formats/services.md, section "DLE".

import type { XmlDle, XmlProperty, XmlSelection } from './dle-xml.ts'

function isPlain(byte: number): boolean {
  return byte > 0x20 && byte <= 0x7e && !'<>"&\\\''.includes(String.fromCharCode(byte))
}

function tag(name: string, value: string): string {
  const bytes = Buffer.from(value, 'utf8')
  if (value === '' || bytes.every(isPlain)) return `<${name}>${value}</${name}>`
  const masked = Array.from(bytes, (byte) => (isPlain(byte) ? String.fromCharCode(byte) : '_')).join('')
  return `<${name} encoding="raw" raw="${bytes.toString('base64')}">${masked}</${name}>`
}

function propertyLines(property: XmlProperty, indent: string): string[] {
  return [
    `${indent}<property>`,
    `${indent}  ${tag('name', property.name)}`,
    ...(property.hasPriority ? [`${indent}  <priority>yes</priority>`] : []),
    ...property.values.map((value) => `${indent}  ${tag('value', value)}`),
    `${indent}</property>`,
  ]
}

function selectionLines(name: string, selection: XmlSelection): string[] {
  if (selection.files.length === 0 && selection.lists.length === 0) return []
  return [
    `  <${name}>`,
    ...selection.files.map((file) => `    ${tag('file', file)}`),
    ...selection.lists.map((list) => `    ${tag('list', list)}`),
    ...(selection.isOptional ? ['    <optional>YES</optional>'] : []),
    `  </${name}>`,
  ]
}

function compressLines({ compress }: XmlDle): string[] {
  if (compress.kind === 'NONE') return []
  if (compress.program === undefined) return [`  <compress>${compress.kind}</compress>`]
  return [`  <compress>${compress.kind}${tag('custom-compress-program', compress.program)}`, '  </compress>']
}

function encryptLines({ encrypt }: XmlDle): string[] {
  if (encrypt.kind === 'NO' || encrypt.program === undefined) return []
  return [
    `  <encrypt>${encrypt.kind}${tag('custom-encrypt-program', encrypt.program)}`,
    ...(encrypt.decryptOption === undefined ? [] : [`    ${tag('decrypt-option', encrypt.decryptOption)}`]),
    '  </encrypt>',
  ]
}

/** One `<dle>…</dle>\n`. `forEstimate` adds the estimate methods and the spindle, as sendsize requests have them. */
export function formatDle(dle: XmlDle, forEstimate = false): string {
  const lines = ['<dle>', `  <program>${dle.program}</program>`]
  if (dle.plugin !== undefined) {
    lines.push('  <backup-program>', `    ${tag('plugin', dle.plugin)}`, ...dle.applicationProperties.flatMap((property) => propertyLines(property, '    ')), '  </backup-program>')
  }
  if (forEstimate) lines.push(`  <estimate>${dle.estimates.map((method) => `${method} `).join('')}</estimate>`)
  lines.push(`  ${tag('disk', dle.disk)}`)
  if (dle.device !== undefined) lines.push(`  ${tag('diskdevice', dle.device)}`)
  lines.push(...dle.levels.map((level) => `  <level>${level}</level>`))
  if (forEstimate && dle.spindle !== undefined) lines.push(`    <spindle>${dle.spindle}</spindle>`)
  if (dle.auth !== undefined) lines.push(`  <auth>${dle.auth}</auth>`)
  lines.push(...compressLines(dle), ...encryptLines(dle))
  lines.push(`  <record>${dle.record ? 'YES' : 'NO'}</record>`)
  if (dle.index) lines.push('  <index>YES</index>')
  lines.push('  <datapath>AMANDA</datapath>')
  lines.push(...selectionLines('exclude', dle.exclude), ...selectionLines('include', dle.include))
  lines.push(...dle.properties.flatMap((property) => propertyLines(property, '  ')))
  lines.push('</dle>', '')
  return lines.join('\n')
}
