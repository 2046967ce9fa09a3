// auth ssh: keys, trust, and what the login finds on the client. Each scenario makes keys of its own; sshd runs on the client.

import { chmodSync, writeFileSync } from 'node:fs'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'
import { makeSshKeys, passwdWithShell, startSshd } from '../lab/ssh-daemon.ts'
import { allOf, check, replaced, written } from './breaks.ts'

const KEY = '/var/backups/.ssh/id_ed25519'
const SSH = `auth "ssh"\n ssh-keys "${KEY}"`

/** Good keys, then these lines of shell. */
function spoiled(lines: string, shell = '/bin/sh'): NonNullable<FaultScenario['breakIt']> {
  return async (context) => {
    const { stock } = context
    await makeSshKeys(stock, lines)
    const undoHome = stock.standIn('server', '/var/backups', stock.at('server', 'home'))
    const undoShell = await replaced('client', '/etc/passwd', passwdWithShell(shell), 0o644)(context)
    return async () => {
      undoHome()
      await undoShell?.()
    }
  }
}

async function run(context: FaultContext): Promise<void> {
  const { stock } = context
  await using _daemon = startSshd(stock)
  await context.amdump()
  await check(context)
}

/** What the login runs is this. */
function program(text: string): NonNullable<FaultScenario['breakIt']> {
  return async (context) => {
    const undo = await written('client', 'etc/bin/login', '')(context)
    const file = context.stock.at('client', 'etc/bin/login')
    writeFileSync(file, text)
    chmodSync(file, 0o755)
    return undo
  }
}

const setUp = { dumptype: SSH }

export const SSH_FAULTS: readonly FaultScenario[] = [
  { name: 'ssh-nothing-wrong', how: 'auth ssh with good keys', failures: [], setUp, breakIt: spoiled(':'), run },
  { name: 'ssh-host-unknown', how: 'known_hosts of the server does not have the client', failures: ['ssh-host-key-unknown'], setUp, breakIt: spoiled('rm $home/.ssh/known_hosts'), run },
  { name: 'ssh-host-changed', how: 'known_hosts of the server has another key for the client', failures: ['ssh-host-key-changed'], setUp, breakIt: spoiled('echo "amclient $(cut -d" " -f1,2 authorized)" >$home/.ssh/known_hosts'), run },
  { name: 'ssh-key-not-authorized', how: 'authorized_keys of the client is empty', failures: ['ssh-login-denied'], setUp, breakIt: spoiled(': >authorized'), run },
  { name: 'ssh-key-gone', how: 'the private key of the server is not there', failures: ['ssh-key-unusable'], setUp, breakIt: spoiled('rm $home/.ssh/id_ed25519'), run },
  { name: 'ssh-key-open', how: 'the private key of the server can be read by all', failures: ['ssh-key-unusable'], setUp, breakIt: spoiled('chmod 644 $home/.ssh/id_ed25519'), run },
  { name: 'ssh-without-shell', how: 'the backup user of the client has no shell', failures: ['ssh-ended'], setUp, breakIt: spoiled(':', '/bin/false'), run },
  { name: 'ssh-greets', how: 'a start file of the shell prints a greeting', failures: ['not-amandad'], setUp: { dumptype: `${SSH}\n amandad-path "/etc/amanda/bin/login"` }, breakIt: allOf(spoiled(':'), program('#!/bin/sh\necho "Welcome to amclient"\nexec /usr/lib/amanda/amandad -auth=ssh\n')), run },
  { name: 'ssh-amandad-elsewhere', how: 'amandad-path of the dumptype is not where amandad is', failures: ['amandad-cannot-start'], setUp: { dumptype: `${SSH}\n amandad-path "/usr/libexec/amanda/amandad"` }, breakIt: spoiled(':'), run },
  { name: 'ssh-nobody-listens', how: 'sshd of the client does not run', failures: ['connect-refused'], setUp, breakIt: spoiled(':'), run: async (context) => {
    await context.amdump()
    await check(context)
  } },
  { name: 'ssh-program-closed', how: 'ssh of the server may not be executed', failures: ['ssh-program-missing'], setUp, breakIt: allOf(spoiled(':'), replaced('server', '/usr/bin/ssh', '', 0o644)), run },
]
