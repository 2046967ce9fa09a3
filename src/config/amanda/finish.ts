// What shows only when all of a configuration is read: references that lead nowhere, and sections that nobody wrote but that are there.

import { initialSettings, integerOf, textOf, type AmandaConfiguration, type Setting } from './configuration.ts'
import { PARAMETERS } from './parameters.ts'
import { integer, names, off, text } from './values.ts'

function complain(configuration: AmandaConfiguration, message: string): void {
  configuration.complain({ severity: 'error', message, file: undefined, line: 0 })
}

export function finishServer(configuration: AmandaConfiguration): void {
  const tapetype = configuration.globals.get('TAPETYPE')
  const name = textOf(configuration.globals, 'TAPETYPE')
  if (configuration.find('tapetype', name) === undefined) {
    if (tapetype?.place === undefined) configuration.add({ type: 'tapetype', name, place: undefined, settings: initialSettings('tapetype'), parents: [] })
    else complain(configuration, `tapetype ${name} is not defined`)
  }
  for (const section of configuration.sections('tapetype')) sameBlocks(section.settings)
  for (const name of configuration.globalNames('HOLDINGDISK')) if (configuration.find('holdingdisk', name) === undefined) complain(configuration, `holdingdisk ${name} is not defined`)
  addInterface(configuration)
  const { globals } = configuration
  // Labels that are made are also those that are taken, unless the configuration says otherwise.
  if (globals.get('LABELSTR')?.place === undefined && globals.get('AUTOLABEL')?.place !== undefined) globals.set('LABELSTR', { value: { kind: 'labels', template: undefined }, place: undefined })
  reportMedia(globals)
  addStorages(configuration)
  checkLabels(configuration)
}

/** Where the number of dumps on a volume is limited outside the storages, whatever to, the volumes of a run are reported only when the configuration says so. */
function reportMedia(globals: Map<string, Setting>): void {
  if (globals.get('MAX_DLE_BY_VOLUME')?.place === undefined) return
  for (const keyword of ['REPORT_USE_MEDIA', 'REPORT_NEXT_MEDIA']) if (globals.get(keyword)?.place === undefined) globals.set(keyword, { value: off, place: undefined })
}

/** Volumes are read in blocks that are not smaller than those in which they are written. */
function sameBlocks(settings: Map<string, Setting>): void {
  const blocks = integerOf(settings, 'BLOCKSIZE')
  if (integerOf(settings, 'READBLOCKSIZE') < blocks) settings.set('READBLOCKSIZE', { value: integer(blocks), place: undefined })
}

/** The interface `default` is what `netusage` says. */
function addInterface(configuration: AmandaConfiguration): void {
  const old = configuration.find('interface', 'default')
  if (old !== undefined) configuration.remove(old)
  const settings = initialSettings('interface')
  settings.set('COMMENT', { value: text('implicit from NETUSAGE'), place: undefined })
  settings.set('USE', { value: configuration.global('NETUSAGE'), place: undefined })
  configuration.add({ type: 'interface', name: 'default', place: undefined, settings, parents: [] })
}

/** Storages to which dumps are written are active, also where a list of active ones leaves them out. */
function addActiveStorages(configuration: AmandaConfiguration): void {
  const active = configuration.globalNames('ACTIVE_STORAGE')
  const storages = configuration.globalNames('STORAGE')
  const place = configuration.globals.get('ACTIVE_STORAGE')?.place
  const others = new Set(storages.filter((name) => !active.includes(name)))
  configuration.globals.set('ACTIVE_STORAGE', { value: place === undefined ? names(...storages) : names(...active, ...others), place })
}

function addStorages(configuration: AmandaConfiguration): void {
  const { name, globals } = configuration
  if (globals.get('STORAGE')?.place === undefined) {
    globals.set('STORAGE', { value: names(name), place: undefined })
    if (configuration.find('storage', name) === undefined) configuration.add({ type: 'storage', name, place: undefined, settings: initialSettings('storage'), parents: [] })
  }
  addActiveStorages(configuration)
  if (configuration.find('policy', name) === undefined) {
    const settings = initialSettings('policy')
    settings.set('COMMENT', { value: text('implicit from global config'), place: undefined })
    configuration.add({ type: 'policy', name, place: undefined, settings, parents: [] })
  }
  for (const { settings } of configuration.sections('policy')) if (settings.get('RETENTION_TAPES')?.place === undefined) settings.set('RETENTION_TAPES', { value: integer(integerOf(globals, 'TAPECYCLE') - 1n), place: undefined })
  for (const storage of configuration.sections('storage')) {
    for (const keyword of PARAMETERS.storage.keys()) {
      const setting = globals.get(keyword)
      if (storage.settings.get(keyword)?.place === undefined && setting !== undefined) storage.settings.set(keyword, { value: setting.value, place: undefined })
    }
    for (const keyword of ['POLICY', 'TAPEPOOL']) if (storage.settings.get(keyword)?.place === undefined) storage.settings.set(keyword, { value: text(name), place: undefined })
  }
  for (const keyword of ['STORAGE', 'ACTIVE_STORAGE']) for (const one of configuration.globalNames(keyword)) if (configuration.find('storage', one) === undefined) complain(configuration, `storage '${one}' is not defined`)
}

function checkLabels(configuration: AmandaConfiguration): void {
  const { globals } = configuration
  const settings = [globals, ...configuration.sections('storage').filter(({ place }) => place !== undefined).map((storage) => storage.settings)]
  if (globals.get('LABEL_NEW_TAPES')?.place !== undefined && globals.get('AUTOLABEL')?.place !== undefined) complain(configuration, "Can't specify both label-new-tapes and autolabel")
  for (const one of settings) {
    const labels = one.get('LABELSTR')?.value
    const autolabel = one.get('AUTOLABEL')?.value
    if (labels?.kind !== 'labels' || labels.template !== undefined || autolabel?.kind !== 'autolabel' || autolabel.template !== undefined) continue
    complain(configuration, 'AUTOLABEL not set and LABELSTR set to MATCH-AUTOLABEL')
    return
  }
}
