// A path longer than the kernel takes in one call: made and looked at step by step, each step below the open directory before it. GNU tar, rsync
// and bsdtar cannot go there; `find` can, and it is who compares.

import { closeSync, constants, linkSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { command } from './commands.ts'

const STEP_BYTES = 240
/** 20 steps are 4820 bytes, above PATH_MAX (4096). */
const STEPS = 20

/** Makes `root`/dddd…/dddd…/… with a file, a second name of it and of one at the top, a link and an empty directory at the bottom. */
export function makeDeepTree(root: string): void {
  mkdirSync(root, { recursive: true })
  const top = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)
  writeFileSync(`/proc/self/fd/${top}/top-file`, 'has a second name far down')
  let dir = top
  try {
    for (let step = 0; step < STEPS; step++) {
      const name = `/proc/self/fd/${dir}/${'d'.repeat(STEP_BYTES - 2)}${String(step).padStart(2, '0')}`
      mkdirSync(name)
      writeFileSync(`/proc/self/fd/${dir}/beside`, `step ${step}`)
      const next = openSync(name, constants.O_RDONLY | constants.O_DIRECTORY)
      if (dir !== top) closeSync(dir)
      dir = next
    }
    const at = (name: string): string => `/proc/self/fd/${dir}/${name}`
    writeFileSync(at('bottom'), 'below 4096 bytes of path')
    linkSync(at('bottom'), at('bottom-again'))
    linkSync(`/proc/self/fd/${top}/top-file`, at('other-name-of-top-file'))
    symlinkSync('bottom', at('link'))
    mkdirSync(at('empty'))
  } finally {
    if (dir !== top) closeSync(dir)
    closeSync(top)
  }
}

/** What `find` sees of such a tree: kinds, modes, owners, sizes, times, targets, link counts, and the sums of all contents. */
export async function listDeepTree(root: string): Promise<string> {
  const list = await command(['find', '.', '-mindepth', '1', '-printf', String.raw`%P %y %m %U:%G %n %T@ %l\n`], { workingDir: root })
  const sums = await command(['find', '.', '-type', 'f', '-execdir', 'sha256sum', '{}', '+'], { workingDir: root })
  return [...list.split('\n').toSorted(), ...sums.split('\n').toSorted()].join('\n')
}
