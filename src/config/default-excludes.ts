// What is left out of a dump when the configuration says nothing else: things that are made again by themselves or are no files
// at all. Shown by `holdfast config show`, written out by `holdfast init`, replaced by `exclude`, removed by `exclude: []`.

/**
 * Patterns of GNU tar. One that begins with `/` is an absolute path and matters only to disks that contain it, so that a user's
 * own `proc` directory is never taken for the kernel's. `/*` at the end keeps the directory itself, which a restored system needs.
 */
export const DEFAULT_EXCLUDES: readonly string[] = [
  '/proc/*',
  '/sys/*',
  '/dev/pts/*',
  '/dev/shm/*',
  '/run/*',
  '/var/run/*',
  '/var/lock/*',
  '/tmp/.X11-unix/*',
  '/var/cache/apt/archives/*',
  '/var/cache/dnf/*',
  '/var/cache/pacman/pkg/*',
  '/var/cache/holdfast/*',
  '/var/lib/holdfast/holding/*',
  '/var/lib/docker/overlay2/*',
  '/var/lib/containers/storage/overlay/*',
  '/root/.cache/*',
  '/home/*/.cache/*',
  '/home/*/.local/share/Trash/*',
  '/lost+found/*',
]

const componentsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')

/** The patterns that matter to `device`: absolute ones as tar wants them (`./proc/*`), without those that lie elsewhere. */
export function excludesFor(device: string, patterns: readonly string[]): string[] {
  const top = componentsOf(device)
  return patterns.flatMap((pattern) => {
    if (!pattern.startsWith('/')) return [pattern]
    const parts = componentsOf(pattern)
    const isInside = parts.length > top.length && top.every((part, index) => parts[index] === '*' || parts[index] === part)
    return isInside ? [`./${parts.slice(top.length).join('/')}`] : []
  })
}
