// What is left out of a dump when the configuration says nothing else: things that are made again by themselves or are no files
// at all. Shown by `holdfast config show`, written out by `holdfast init`, replaced by `exclude`, removed by `exclude: []`.

/**
 * Patterns of GNU tar. One that begins with `/` is an absolute path and matters only to disks that contain it, so that a user's
 * own `proc` directory is never taken for the kernel's.
 */
export const DEFAULT_EXCLUDES: readonly string[] = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/tmp',
  '/var/tmp',
  '/var/cache',
  '/var/lib/holdfast/holding',
  '.cache',
  '.local/share/Trash',
  '.Trash-*',
  'lost+found',
]

/** The patterns that matter to `device`, absolute ones as tar wants them (`./proc`). */
export function excludesFor(device: string, patterns: readonly string[]): string[] {
  const root = device.endsWith('/') ? device : `${device}/`
  return patterns.flatMap((pattern) => {
    if (!pattern.startsWith('/')) return [pattern]
    return pattern.startsWith(root) && pattern.length > root.length ? [`./${pattern.slice(root.length)}`] : []
  })
}
