// sshd on the client of a StockAmanda, and keys on both sides: those of the server's backup user are in its home, `.ssh` below `home` of the
// server. Everything is made anew each time and lies in the lab.

import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { command, waitUntil, type BackgroundProcess } from './commands.ts'
import type { StockAmanda } from './stock-amanda.ts'

/** Run in the directory of sshd's files; `$home` is that of the server's backup user. */
const MAKE_KEYS = `
rm -rf host host.pub $home/.ssh; mkdir -p $home/.ssh
ssh-keygen -q -t ed25519 -N '' -f host
printf 'Port 22\\nHostKey %s/host\\nUsePAM no\\nStrictModes no\\nPidFile none\\nAuthorizedKeysFile %s/authorized\\n' "$PWD" "$PWD" >sshd_config
ssh-keygen -q -t ed25519 -N '' -f $home/.ssh/id_ed25519
cp $home/.ssh/id_ed25519.pub authorized
echo "amclient $(cut -d' ' -f1,2 host.pub)" >$home/.ssh/known_hosts`

/** Good keys, then these lines of shell. */
export async function makeSshKeys(stock: StockAmanda, lines = ':'): Promise<void> {
  const [dir, home] = [stock.at('client', 'ssh'), stock.at('server', 'home')]
  for (const made of [dir, home, '/run/sshd']) mkdirSync(made, { recursive: true })
  chmodSync(dir, 0o755)
  await command(['sh', '-ec', `home='${home}'\n${MAKE_KEYS}\n${lines}\nchmod 644 authorized\nchmod 700 $home/.ssh\nchown -R backup:backup $home`], { workingDir: dir })
}

/** The users of this machine, but backup with a shell that lets it in. */
export function passwdWithShell(shell = '/bin/sh'): string {
  return readFileSync('/etc/passwd', 'utf8').replace(/^(backup:.*):[^:]*$/m, `$1:${shell}`)
}

export function startSshd(stock: StockAmanda): BackgroundProcess {
  return stock.startOnClient(['/usr/sbin/sshd', '-D', '-e', '-f', stock.at('client', 'ssh/sshd_config')], 'sshd.log')
}

export async function sshdListens(stock: StockAmanda): Promise<void> {
  await waitUntil('sshd of the client listens', 30_000, async () => (await stock.onClientAsRoot(['ss', '-Hlnt', 'sport = :22'], 10_000)).stdout !== '')
}
