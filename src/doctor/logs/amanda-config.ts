// Where an Amanda configuration keeps its logs, as far as the text of its amanda.conf says. Not a parser of that language: a line, or none. Pure.

export interface AmandaLogPlaces {
  /** As written: may be relative to the directory of the configuration. */
  readonly logDir: string | undefined
  /** Files whose lines count as well. */
  readonly included: readonly string[]
}

const PARAMETER = /^[ \t]*(logdir|includefile)[ \t]+(?:"((?:[^"\\\n]|\\.)*)"|([^\s#]+))/gim

/** The last `logdir` counts, as for Amanda. */
export function findLogPlaces(text: string): AmandaLogPlaces {
  let logDir: string | undefined
  const included: string[] = []
  for (const [, name = '', quoted, bare] of text.matchAll(PARAMETER)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? ''
    if (name.toLowerCase() === 'logdir') logDir = value
    else included.push(value)
  }
  return { logDir, included }
}

/** Where debug files lie, by how Amanda was packaged; the first that is there is taken. */
export const DEBUG_DIRS: readonly string[] = ['/var/log/amanda', '/tmp/amanda', '/var/amanda/debug', '/var/tmp/amanda', '/tmp/amanda-dbg']

/** Where configurations lie, likewise. */
export const CONFIG_DIRS: readonly string[] = ['/etc/amanda', '/usr/local/etc/amanda', '/usr/pkg/etc/amanda', '/opt/csw/etc/amanda']
