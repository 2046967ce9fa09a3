// Where an Amanda configuration keeps its state. A path in `amanda.conf` that does not begin with `/` is below the directory of the configuration.

import { textOf, type AmandaConfiguration } from '../config/amanda/configuration.ts'

export interface RecordPlaces {
  readonly infoDir: string
  readonly logDir: string
  readonly indexDir: string
  readonly tapelist: string
  readonly disklist: string
  readonly commandFile: string
  /** Of the holding disks that the configuration uses, in its order. */
  readonly holdingDirs: readonly string[]
}

/** `directory` is that of the configuration. */
export function recordPlaces(configuration: AmandaConfiguration, directory: string): RecordPlaces {
  const place = (keyword: string): string => {
    const text = textOf(configuration.globals, keyword)
    return text.startsWith('/') ? text : `${directory}/${text}`
  }
  const holdingDirs = configuration.globalNames('HOLDINGDISK').flatMap((name) => {
    const section = configuration.find('holdingdisk', name)
    return section === undefined ? [] : [textOf(section.settings, 'DIRECTORY')]
  })
  return { infoDir: place('INFOFILE'), logDir: place('LOGDIR'), indexDir: place('INDEXDIR'), tapelist: place('TAPELIST'), disklist: place('DISKFILE'), commandFile: place('COMMAND_FILE'), holdingDirs }
}
