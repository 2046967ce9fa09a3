// A storage of an Amanda configuration as the choosing of volumes needs it: its labels, its scan, and the policies of all storages.

import { integerOf, textOf, type AmandaConfiguration, type AmandaSection } from '../../../config/amanda/configuration.ts'
import type { VolumeRetentionPolicy } from './retention-status.ts'
import { scanLexical, scanOldest } from './scan-inventory.ts'
import { scanTraditional } from './scan-traditional.ts'
import type { ScanAnswer, ScanFacts } from './scan-facts.ts'
import type { VolumeRules } from './volume-rules.ts'

export function volumeRules(configuration: AmandaConfiguration, storage: AmandaSection): VolumeRules {
  const labels = storage.settings.get('LABELSTR')?.value
  const autolabel = storage.settings.get('AUTOLABEL')?.value
  const none = { template: undefined, isOtherConfig: false, isNonAmanda: false, isVolumeError: false, isEmpty: false }
  return {
    organisation: textOf(configuration.globals, 'ORG'),
    config: configuration.name,
    storage: storage.name,
    pool: textOf(storage.settings, 'TAPEPOOL'),
    labels: labels?.kind === 'labels' ? labels.template : '.*',
    autolabel: autolabel?.kind === 'autolabel' ? autolabel : none,
    metaTemplate: textOf(storage.settings, 'META_AUTOLABEL') || undefined,
  }
}

/** By the name of the storage; one without a policy keeps nothing. */
export function retentionPolicies(configuration: AmandaConfiguration): Map<string, VolumeRetentionPolicy> {
  return new Map(
    configuration.sections('storage').map(({ name, settings }) => {
      const policy = configuration.find('policy', textOf(settings, 'POLICY'))?.settings
      const of = (keyword: string): number => (policy === undefined ? 0 : Number(integerOf(policy, keyword)))
      return [name, { pool: textOf(settings, 'TAPEPOOL'), tapes: of('RETENTION_TAPES'), days: of('RETENTION_DAYS'), recoverDays: of('RETENTION_RECOVER'), fullDays: of('RETENTION_FULL') }]
    }),
  )
}

/** The scan that a storage asks for; undefined with the name of one that there is not. */
export function scanOf(configuration: AmandaConfiguration, storage: AmandaSection): ((facts: ScanFacts) => ScanAnswer) | { readonly unknown: string } {
  const name = textOf(storage.settings, 'TAPERSCAN')
  const section = configuration.find('taperscan', name)
  const plugin = name === '' ? 'traditional' : section === undefined ? name : textOf(section.settings, 'PLUGIN')
  switch (plugin) {
    case 'traditional': return scanTraditional
    case 'oldest': return scanOldest
    case 'lexical': return scanLexical
    default: return { unknown: plugin }
  }
}
