// Writes `<dle>` elements in the order and with the blanks that Amanda's own server uses, so that its clients, and the eyes of its
// operators, find what they know. The model is in dle.ts.

import type { Dle, DleApplication, DleCompress, DleEncrypt, DleProperty, DleScript, DleSelection } from './dle.ts'
import { formatXmlTag } from './xml.ts'

function formatProperty(property: DleProperty, indent: string): string[] {
  return [
    `${indent}<property>`,
    `${indent}  ${formatXmlTag('name', property.name)}`,
    ...(property.hasPriority === true ? [`${indent}  <priority>yes</priority>`] : []),
    ...property.values.map((value) => `${indent}  ${formatXmlTag('value', value)}`),
    `${indent}</property>`,
  ]
}

function formatApplication(application: DleApplication): string[] {
  return ['  <backup-program>', `    ${formatXmlTag('plugin', application.plugin)}`, ...application.properties.flatMap((property) => formatProperty(property, '    ')), '  </backup-program>']
}

function formatCompress(compress: DleCompress): string[] {
  switch (compress.kind) {
    case 'none':
      return []
    case 'fast':
    case 'best':
    case 'server-fast':
    case 'server-best':
      return [`  <compress>${compress.kind.toUpperCase()}</compress>`]
    case 'custom':
    case 'server-custom':
      return [`  <compress>${compress.kind.toUpperCase()}${formatXmlTag('custom-compress-program', compress.program)}`, '  </compress>']
  }
}

function formatEncrypt(encrypt: DleEncrypt): string[] {
  if (encrypt.kind === 'none') return []
  const option = encrypt.decryptOption === '' ? [] : [`    ${formatXmlTag('decrypt-option', encrypt.decryptOption)}`]
  return [`  <encrypt>${encrypt.kind.toUpperCase()}${formatXmlTag('custom-encrypt-program', encrypt.program)}`, ...option, '  </encrypt>']
}

function formatSelection(name: 'exclude' | 'include', selection: DleSelection): string[] {
  if (selection.files.length === 0 && selection.lists.length === 0) return []
  return [
    `  <${name}>`,
    ...selection.files.map((file) => `    ${formatXmlTag('file', file)}`),
    ...selection.lists.map((list) => `    ${formatXmlTag('list', list)}`),
    ...(selection.isOptional ? ['    <optional>YES</optional>'] : []),
    `  </${name}>`,
  ]
}

function formatScript(script: DleScript): string[] {
  return [
    '  <script>',
    `    ${formatXmlTag('plugin', script.plugin)}`,
    `    ${formatXmlTag('execute_where', script.executeWhere)}`,
    `    ${formatXmlTag('execute_on', script.executeOn)}`,
    ...script.properties.flatMap((property) => formatProperty(property, '    ')),
    '  </script>',
  ]
}

function formatOptions(dle: Dle): string[] {
  return [
    ...(dle.auth === undefined ? [] : [`  ${formatXmlTag('auth', dle.auth)}`]),
    ...formatCompress(dle.compress),
    ...formatEncrypt(dle.encrypt),
    `  <record>${dle.record ? 'YES' : 'NO'}</record>`,
    ...(dle.index ? ['  <index>YES</index>'] : []),
    `  <datapath>${dle.isDataPathVault === true ? 'VAULT' : 'AMANDA'}</datapath>`,
    ...formatSelection('exclude', dle.exclude),
    ...formatSelection('include', dle.include),
    ...dle.scripts.flatMap(formatScript),
  ]
}

function formatLevels(dle: Dle): string[] {
  const dumpDate = dle.baseRun === undefined ? [] : [`  ${formatXmlTag('dumpdate', dle.baseRun)}`]
  return [...dle.levels.map(({ level, isServers }) => (isServers ? `  <level>${level}<server>YES</server></level>` : `  <level>${level}</level>`)), ...dumpDate]
}

/** One element with its line end. The service decides where the program's block stands. */
export function formatDle(dle: Dle, service: 'selfcheck' | 'sendsize' | 'sendbackup'): string {
  const application = dle.application === undefined ? [] : formatApplication(dle.application)
  const isBackup = service === 'sendbackup'
  const lines = [
    '<dle>',
    `  ${formatXmlTag('program', dle.program)}`,
    ...(isBackup ? [] : [...application, `  <estimate>${dle.estimates.length === 0 ? 'CLIENT ' : dle.estimates.map((way) => `${way} `).join('')}</estimate>`]),
    `  ${formatXmlTag('disk', dle.disk)}`,
    ...(dle.device === undefined ? [] : [`  ${formatXmlTag('diskdevice', dle.device)}`]),
    ...(service === 'selfcheck' ? [] : formatLevels(dle)),
    ...(service === 'sendsize' ? [`    <spindle>${dle.spindle ?? -1}</spindle>`] : []),
    ...formatOptions(dle),
    ...dle.properties.flatMap((property) => formatProperty(property, '  ')),
    ...(isBackup ? application : []),
    '</dle>',
  ]
  return `${lines.join('\n')}\n`
}
