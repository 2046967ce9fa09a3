// What the restoring programs of Amanda have in common on the command line: the configuration with its complaints, who may run them, and which programs a header
// may name.

import { readdirSync } from 'node:fs'
import { textOf, type AmandaConfiguration } from '../../config/amanda/configuration.ts'
import { parseOverride, type Override } from '../../config/amanda/overrides.ts'
import { formatAmandaProblem } from '../../config/amanda/problems.ts'
import { AMANDA_CONFIG_DIR, readAmandaConfig } from '../../config/amanda/read-config.ts'
import { permitPrograms, type ProgramPermit } from '../../stream/permitted-programs.ts'
import { machineConfigFiles } from './amanda-files.ts'

export interface LoadedConfiguration {
  readonly configuration: AmandaConfiguration
  readonly directory: string
}

/** Filters that come with Amanda: they read stdin and write stdout, and `-d` undoes. */
const AMANDA_FILTERS = ['amcrypt', 'amcrypt-ossl', 'amcrypt-ossl-asym', 'amcryptsimple', 'amgpgcrypt', 'amaespipe'].map((name) => `/usr/sbin/${name}`)
/** More configurations than anybody has on one server. */
const CONFIGURATIONS_MAX = 200

function read(name: string, overrides: readonly Override[], workingDir: string): LoadedConfiguration {
  const isHere = name === '.'
  const directory = isHere ? workingDir : `${AMANDA_CONFIG_DIR}/${name}`
  const { configuration } = readAmandaConfig({ scope: 'server', root: AMANDA_CONFIG_DIR, name: isHere ? workingDir.slice(workingDir.lastIndexOf('/') + 1) : name, directory, overrides }, machineConfigFiles)
  return { configuration, directory }
}

/** What the complaints of the configuration are is printed; a string is why the program cannot go on. */
export function loadConfiguration(program: string, name: string, given: readonly string[], workingDir: string, err: (text: string) => void): LoadedConfiguration | undefined {
  const overrides: Override[] = []
  for (const text of given) {
    const override = parseOverride(Buffer.from(text, 'utf8').toString('latin1'))
    if (override === undefined) {
      err(`Must specify a value for ${text}.\n`)
      return undefined
    }
    overrides.push(override)
  }
  const loaded = read(name, overrides, workingDir)
  for (const problem of loaded.configuration.problems) err(`${Buffer.from(formatAmandaProblem(problem), 'latin1').toString('utf8')}\n`)
  if (!loaded.configuration.hasErrors) return loaded
  err(`${program}: errors processing config file\n`)
  return undefined
}

/** The line that stock Amanda refuses another user with; undefined when `userName` may run the program. */
export function refusedUser(program: string, { configuration }: LoadedConfiguration, userName: string): string | undefined {
  const expected = textOf(configuration.globals, 'DUMPUSER')
  return expected === '' || expected === userName ? undefined : `${program}: must be executed as the "${expected}" user instead of the "${userName}" user`
}

function filtersOf(configuration: AmandaConfiguration): { compress: { kind: string; program?: string }; encrypt: { kind: string; program?: string; decryptOption?: string } }[] {
  return configuration.sections('dumptype').flatMap(({ settings }) =>
    (['CLIENT', 'SERVER'] as const).map((side) => {
      const compressor = textOf(settings, `${side}_CUSTOM_COMPRESS`)
      const encryptor = textOf(settings, `${side}_ENCRYPT`)
      return {
        compress: { kind: 'custom', ...(compressor === '' ? {} : { program: compressor }) },
        encrypt: { kind: 'custom', ...(encryptor === '' ? {} : { program: encryptor, decryptOption: textOf(settings, `${side}_DECRYPT_OPTION`) || '-d' }) },
      }
    }),
  )
}

/** Every configuration of this server. One that cannot be read permits nothing. */
function allConfigurations(): AmandaConfiguration[] {
  let names: string[]
  try {
    names = readdirSync(AMANDA_CONFIG_DIR).slice(0, CONFIGURATIONS_MAX)
  } catch {
    return []
  }
  return names.map((name) => read(name, [], '/').configuration)
}

/** The programs that a header may name: Amanda's own, those of dumptypes of `loaded` (without one: of all configurations here), and `allowed`. */
export function permitsOf(loaded: LoadedConfiguration | undefined, allowed: readonly string[]): ProgramPermit {
  const configurations = loaded === undefined ? allConfigurations() : [loaded.configuration]
  const ofAmanda = AMANDA_FILTERS.map((program) => ({ compress: { kind: 'none' }, encrypt: { kind: 'custom', program, decryptOption: '-d' } }))
  return permitPrograms([...ofAmanda, ...configurations.flatMap(filtersOf)], allowed)
}
