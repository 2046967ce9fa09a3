// What is left out of every dump unless the dumptype says `default-excludes: no`: what a system makes again by itself. The patterns are
// absolute; each applies only to disks it lies in, so a tree that merely has a directory of such a name loses nothing.

/** One pattern a line: `*` is one component. Everything below a match is left out, the directory itself stays. */
export const DEFAULT_EXCLUDES: readonly string[] = [
  '/proc',
  '/sys',
  '/dev/pts',
  '/dev/shm',
  '/run',
  '/var/run',
  '/var/lock',
  '/tmp/.X11-unix',
  '/var/cache/apt/archives',
  '/var/cache/dnf',
  '/var/cache/pacman/pkg',
  '/var/lib/docker/overlay2',
  '/var/lib/containers/storage/overlay',
  '/root/.cache',
  '/home/*/.cache',
  '/lost+found',
]

/** The patterns that lie in `device`, as GNU tar takes them: `./…/*`. */
export function excludesIn(device: string): string[] {
  const top = device.split('/').filter((part) => part !== '')
  return DEFAULT_EXCLUDES.flatMap((pattern) => {
    const parts = pattern.split('/').filter((part) => part !== '')
    if (parts.length <= top.length || !top.every((part, index) => parts[index] === '*' || parts[index] === part)) return []
    return [`./${parts.slice(top.length).join('/')}/*`]
  })
}
