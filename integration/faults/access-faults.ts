// What a client refuses, and why.

import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { FaultScenario } from '../lab/fault-scenario.ts'
import { allOf, clientKnows, dumpAndCheck, listening, replaced, withMode, written } from './breaks.ts'

const run = dumpAndCheck

/** .amandahosts of the client belongs to this user. */
function ownedBy(uid: number): NonNullable<FaultScenario['breakIt']> {
  return async ({ stock }) => {
    const file = stock.at('client', 'amandahosts')
    const before = statSync(file)
    chownSync(file, uid, before.gid)
    return async () => chownSync(file, before.uid, before.gid)
  }
}

const ROOT_UID = 0
const DAEMON_UID = 1

/** What a noop of Amanda 2.4 says that it can do. */
const OLD_FEATURES = '34cbfe811e01'

/** The ports of what the server sends are changed on the way, as a NAT does. */
const HIGH_PORTS = 'table ip nat {\n chain post {\n type nat hook postrouting priority 100;\n ip saddr 10.77.1.10 tcp dport 10080 snat to 10.77.1.10:20000-30000\n }\n}\n'

const FILE: readonly FaultScenario[] = [
  { name: 'access-file-missing', how: 'the client has no .amandahosts', failures: ['access-file-missing'], run, breakIt: async ({ stock }) => {
    const empty = stock.at('client', 'empty')
    mkdirSync(empty, { recursive: true })
    const undo = stock.standIn('client', '/var/backups', empty)
    return async () => undo()
  } },
  { name: 'access-file-open', how: '.amandahosts of the client can be read by all', failures: ['access-file-rights'], isInTest: true, breakIt: withMode('client', 'amandahosts', 0o644), run },
  { name: 'access-file-of-root', how: '.amandahosts of the client belongs to root', failures: ['access-file-rights'], breakIt: ownedBy(ROOT_UID), run },
  { name: 'access-file-of-another', how: '.amandahosts of the client belongs to another user', failures: ['access-file-rights'], breakIt: allOf(withMode('client', 'amandahosts', 0o640), ownedBy(DAEMON_UID)), run },
  { name: 'service-not-listed', how: '.amandahosts of the client lists other services', failures: ['user-not-allowed'], setUp: { amandahosts: 'amserver backup noop,selfcheck\n' }, run },
  { name: 'host-not-listed', how: '.amandahosts of the client names another host', failures: ['user-not-allowed'], setUp: { amandahosts: 'other backup amdump\n' }, run },
]

const NAMES: readonly FaultScenario[] = [
  { name: 'server-has-another-name', how: 'on the client the address of the server has another name', failures: ['user-not-allowed'], breakIt: clientKnows('10.77.1.10 otherserver'), run },
  { name: 'server-without-name', how: 'on the client the address of the server has no name', failures: ['reverse-name-missing'], breakIt: clientKnows(), run },
  { name: 'server-without-name-unsaid', how: 'on the client the address of the server has no name, and of all logs the run log is left', failures: ['refusal-unreadable'], breakIt: clientKnows(), run: async ({ stock, amdump }) => {
    await using _client = stock.startClient()
    await amdump()
    for (const dir of [stock.at('server', 'log'), stock.at('client', 'log'), stock.at('server', 'lib/lab/log')]) {
      for (const name of readdirSync(dir)) if (!name.startsWith('log.')) rmSync(path.join(dir, name), { recursive: true })
    }
  } },
  { name: 'reverse-name-stale', how: 'on the client the name of the server resolves to another address', failures: ['reverse-name-differs'], breakIt: allOf(replaced('client', '/etc/host.conf', 'multi off\n', 0o644), clientKnows('10.77.1.11 amserver', '10.77.1.10 amserver')), run },
]

const AMANDAD_FAULTS: readonly FaultScenario[] = [
  { name: 'amandad-run-by-root', how: 'xinetd of the client starts amandad as root', failures: ['amandad-wrong-user'], breakIt: listening({ user: 'root' }), run },
  { name: 'amandad-run-by-nobody', how: 'xinetd of the client starts amandad as nobody', failures: ['debug-directory-unusable'], breakIt: listening({ user: 'nobody' }), run },
  { name: 'service-word-wrong', how: 'a service in the arguments of amandad is misspelt', failures: ['service-word-unknown'], setUp: { serverArgs: '-auth=bsdtcp amdmp' }, run },
  { name: 'client-auth-misspelt', how: 'the client starts amandad with an auth that there is not', failures: ['auth-unknown'], setUp: { serverArgs: '-auth=bsdtpc amdump' }, run },
  { name: 'server-auth-not-built', how: 'the dumptype has an auth that Debian does not build', failures: ['auth-unknown'], setUp: { dumptype: 'auth "krb5"' }, run },
  { name: 'auth-local-elsewhere', how: 'auth local for another host', failures: ['local-auth-for-remote'], setUp: { dumptype: 'auth "local"' }, run },
  { name: 'auth-differs', how: 'the dumptype asks with bsdudp, amandad was started for bsd', failures: ['auth-differs'], setUp: { settings: 'req-tries 2', dumptype: 'auth "bsdudp"\n client-port "10080"' }, breakIt: listening({ auth: 'bsd' }), run },
  { name: 'client-auth-bsd-on-tcp', how: 'the client still listens on TCP, and starts amandad for bsd', failures: ['no-acknowledgement'], setUp: { serverArgs: '-auth=bsd amdump' }, run },
  { name: 'client-auth-tcp-on-udp', how: 'the client still listens on UDP, and starts amandad for bsdtcp', failures: ['no-acknowledgement'], setUp: { dumptype: 'auth "bsdudp"\n client-port "10080"' }, breakIt: allOf(listening({ auth: 'bsdudp' }), listening({ argument: '-auth=bsdtcp amdump' })), run },
  { name: 'service-program-closed', how: 'sendsize of the client may not be run', failures: ['service-program-denied'], breakIt: replaced('client', '/usr/lib/amanda/sendsize', '', 0o644), run },
  { name: 'client-conf-wrong', how: 'amanda-client.conf has a mistake', failures: ['config-wrong'], breakIt: written('client', 'etc/amanda-client.conf', 'conf "lab"\nindex-sever "amserver"\n'), run },
  { name: 'caller-behind-nat', how: 'a NAT gives the server ports above 1023', failures: ['port-not-secure'], run, breakIt: async ({ lab }) => {
    await lab.run('firewall', ['nft', '-f', '-'], { input: HIGH_PORTS })
    return async () => void (await lab.run('firewall', ['nft', 'delete', 'table', 'ip', 'nat']))
  } },
  { name: 'ambind-without-setuid', how: 'ambind of the server is not set-uid root', failures: ['reserved-port-denied'], breakIt: replaced('server', '/usr/lib/amanda/ambind', readFileSync('/usr/lib/amanda/ambind'), 0o755), run },
  { name: 'client-of-old', how: 'the client says that it can do what Amanda 2.4 could', failures: ['peer-too-old'], setUp: { dumptype: 'auth "bsdtcp"\n estimate calcsize\n compress client custom\n client_custom_compress "/bin/gzip"' }, breakIt: replaced('client', '/usr/lib/amanda/noop', `#!/bin/sh\ncat >/dev/null\necho 'OPTIONS features=${OLD_FEATURES};'\n`), run },
]

export const ACCESS_FAULTS: readonly FaultScenario[] = [...FILE, ...NAMES, ...AMANDAD_FAULTS]
