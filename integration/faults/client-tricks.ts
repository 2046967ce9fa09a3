// How programs and directories of the stock client are broken for one run: lines for `clientShell`, which run in mounts of the client's own, and
// programs that stand before the real ones.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'

/** A copy of `dir` in memory that can be changed: programs taken away, modes changed. */
export function changeable(dir: string): string {
  const copy = `/mnt/changeable${dir}`
  return [
    'mountpoint -q /mnt || mount -t tmpfs tmpfs /mnt',
    `mkdir -p ${copy}/upper ${copy}/work`,
    `mount -t overlay -o lowerdir=${dir},upperdir=${copy}/upper,workdir=${copy}/work overlay ${dir}`,
  ].join('\n')
}

/** Puts /etc/amanda/bin/tar before the real one, which stays as /etc/amanda/bin/real-tar. */
export const WRAP_TAR = 'cp /usr/bin/tar /etc/amanda/bin/real-tar\nmount --bind /etc/amanda/bin/tar /usr/bin/tar'

/** Where a program that stands before tar does something else. */
type TarTask = 'dump' | 'estimate' | 'index'

const PATTERNS: Readonly<Record<TarTask, string>> = { dump: '*"--file - "*', estimate: '*"--file /dev/null"*', index: '*" -tf "*|*" -t "*' }

/** A tar that runs `lines` first when it is called for `task`. */
export function tarThat(task: TarTask, lines: string): string {
  return `#!/bin/bash\ncase " $* " in\n${PATTERNS[task]})\n${lines}\n;;\nesac\nexec -a /bin/tar /etc/amanda/bin/real-tar "$@"\n`
}

/** An application of the client that knows all that is asked of it, and does `lines` for a backup. */
export function applicationThat(lines: string): string {
  return `#!/bin/sh
case "$1" in
support) printf 'CONFIG YES\\nHOST YES\\nDISK YES\\nMAX-LEVEL 9\\nINDEX-LINE YES\\nMESSAGE-LINE YES\\nRECORD YES\\nCLIENT-ESTIMATE YES\\n' ;;
estimate) echo '0 100 1' ;;
backup)
${lines}
;;
esac
`
}

/** Puts /etc/amanda/bin/NAME among the applications. */
export function withApplication(name: string): string {
  return `${changeable('/usr/lib/amanda')}\ncp /etc/amanda/bin/${name} /usr/lib/amanda/application/${name}\nchmod 755 /usr/lib/amanda/application/${name}`
}

/** Lines of a dumptype whose application is `lab-app`. */
export const USES_APPLICATION = 'program "APPLICATION"\n application "lab-app"'

/** The definition of application `lab-app`. */
export function applicationOf(plugin: string, properties = ''): string {
  return `define application-tool lab-app {\n plugin "${plugin}"\n ${properties}\n}`
}

/** Files below /srv of the client for one scenario. */
export function withFiles(dir: string, files: Readonly<Record<string, Buffer>>): NonNullable<FaultScenario['breakIt']> {
  return async ({ stock }: FaultContext) => {
    const root = stock.at('client', `srv/${dir}`)
    mkdirSync(root, { recursive: true })
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      writeFileSync(path.join(root, name), bytes)
    }
    return async () => rmSync(root, { recursive: true, force: true })
  }
}
