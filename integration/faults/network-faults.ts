// What happens to connections and packets between server and client.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { allOf, answering, check, dumpAndCheck, filtered, listening, replaced, serverHosts, tuned, written } from './breaks.ts'

const run = dumpAndCheck

/** Its 180 bytes a disk come to more than a packet of UDP holds. */
const MANY_DISKS = Array.from({ length: 350 }, (_, index) => `amclient /srv/many/file${index}-with-a-name-that-is-as-long-as-names-of-projects-are plain\n`).join('')

/** The dumptype asks over UDP (a second request at once after the first is lost with `wait = yes`, so it is tried twice), at the port of the others; the client must be told with `listening`. */
const udp = (auth: 'bsd' | 'bsdudp'): { dumptype: string; settings: string } => ({ dumptype: `auth "${auth}"\n client-port "10080"`, settings: 'req-tries 2' })

/** Debian's range for data. */
const DATA_PORTS = 'tcp dport 50000-50100'

/** The letters ACK behind `Amanda 3.5 ` in packets of UDP. */
const SERVER_ACKS = 'ip saddr 10.77.1.10 @th,152,24 0x41434b drop'

/** Keeps two ports until it is ended. */
const PORT_HOLDER = 'use Socket; my @held; for my $port (1001, 1002) { socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in($port, INADDR_ANY)) or die; listen $s, 1; push @held, $s } sleep 1000'

/** A request of another protocol; a packet of Amanda with no service in it; nothing. */
const NOISE = ['47455420', '0000001c000000010053454355524954592055534552206261636b75700a', '']

/** Sends its argument, in hexadecimal, from a port below 1024, and waits for the answer. */
const SEND_NOISE = 'for my $port (700 .. 800) { my $s = IO::Socket::INET->new(PeerAddr => "10.77.2.10:10080", LocalPort => $port) or next; print $s pack("H*", $ARGV[0]); $s->flush; shutdown $s, 1; sysread $s, my $answer, 9999; exit }'

/** The kernel gives up a connect after 3 s, and not after 2 minutes. */
const SOON_TIMED_OUT = tuned('server', 'net.ipv4.tcp_syn_retries', 1)

const REACHING: readonly FaultScenario[] = [
  { name: 'host-off', how: 'the address of the client belongs to no machine that is on', failures: ['host-unreachable'], isInTest: true, setUp: { disklist: 'amghost /srv/many plain\n' }, breakIt: serverHosts('10.77.2.99 amghost'), run },
  { name: 'route-lost', how: 'the server has no route to the client', failures: ['network-unreachable'], run, breakIt: async ({ lab }) => {
    await lab.run('server', ['ip', 'route', 'delete', 'default'])
    return async () => void (await lab.run('server', ['ip', 'route', 'add', 'default', 'via', '10.77.1.1']))
  } },
  { name: 'firewall-prohibits', how: 'the firewall rejects TCP 10080 with an ICMP message', failures: ['host-unreachable'], breakIt: filtered('tcp dport 10080 reject with icmpx type admin-prohibited'), run },
  { name: 'firewall-drops-tcp', how: 'the firewall drops TCP 10080', failures: ['connect-timed-out'], breakIt: allOf(filtered('tcp dport 10080 drop'), SOON_TIMED_OUT), run },
  { name: 'client-port-without-number', how: 'client-port is a name that /etc/services does not have', failures: ['connect-refused'], setUp: { dumptype: 'client-port "nosuchport"' }, run },
  { name: 'localhost-without-address', how: '/etc/hosts of the server does not name localhost', failures: ['localhost-not-found'], breakIt: written('server', 'hosts', '10.77.1.10 amserver\n10.77.2.10 amclient\n'), run },
  { name: 'source-address-foreign', how: 'src-ip of the interface is no address of the server', failures: ['source-address-missing'], setUp: { definitions: 'define interface other {\n use 1000 kbps\n src-ip "10.77.1.77"\n}\n', disklist: 'amclient /srv/many plain -1 other\n' }, run },
  { name: 'reserved-ports-taken', how: 'other programs hold all of reserved-tcp-port', failures: ['reserved-ports-busy'], setUp: { settings: 'reserved-tcp-port 1001,1002' }, run, breakIt: async ({ lab, stock }) => {
    const holder = lab.start('server', ['perl', '-e', PORT_HOLDER], stock.at('server', 'holder.log'))
    return async () => holder[Symbol.asyncDispose]()
  } },
  { name: 'reserved-ports-forbidden', how: 'reserved-tcp-port is outside tcp_port_range of amanda-security.conf', failures: ['port-range-not-allowed'], setUp: { settings: 'reserved-tcp-port 300,310' }, run },
]

const ANSWERING: readonly FaultScenario[] = [
  { name: 'greeting-on-port', how: 'a service that greets listens on the port of amandad', failures: ['not-amandad'], breakIt: answering('#!/bin/sh\necho SSH-2.0-OpenSSH_9.2p1 Debian-2\nsleep 2\n'), run },
  { name: 'web-server-on-port', how: 'a web server listens on the port of amandad', failures: ['not-amandad'], breakIt: answering('#!/bin/sh\nread request\nprintf "HTTP/1.1 400 Bad Request\\r\\nServer: nginx\\r\\n\\r\\n"\n'), run },
  { name: 'amandad-not-found', how: 'what xinetd starts calls an amandad that is not there', failures: ['amandad-cannot-start'], breakIt: answering('#!/bin/sh\nexec /usr/local/libexec/amanda/amandad "$@"\n'), run },
  { name: 'amandad-dies', how: 'amandad is killed as soon as it starts', failures: ['connection-ended-early'], breakIt: answering('#!/bin/sh\nkill -SEGV $$\n'), run },
  { name: 'caller-not-in-only-from', how: 'only_from of xinetd does not have the server', failures: ['connection-ended-early'], setUp: { xinetd: ' only_from = 10.77.9.9' }, run },
  { name: 'caller-outside-access-times', how: 'access_times of xinetd is another time', failures: ['connection-ended-early'], setUp: { xinetd: ' access_times = 00:00-00:01' }, run },
  { name: 'tcp-wrapper-denies', how: '/etc/hosts.deny of the client has everybody', failures: ['connection-ended-early'], breakIt: replaced('client', '/etc/hosts.deny', 'ALL: ALL\n', 0o644), run },
  { name: 'reset-on-first-packet', how: 'a filter resets the connection at the first request', failures: ['connection-reset-at-once'], breakIt: filtered('tcp dport 10080 ct state established tcp flags & psh == psh reject with tcp reset'), run },
  { name: 'port-scanned', how: 'strangers send other things to the port of amandad, and the dump is well', failures: [], run: async ({ lab, stock, amdump }) => {
    await using _client = stock.startClient()
    for (const noise of NOISE) await lab.tryRun('server', ['perl', '-MIO::Socket::INET', '-e', SEND_NOISE, noise])
    await amdump()
  } },
  { name: 'selfcheck-hangs', how: 'selfcheck of the client does not end within ctimeout', failures: ['no-reply'], setUp: { settings: 'ctimeout 3' }, breakIt: replaced('client', '/usr/lib/amanda/selfcheck', '#!/bin/sh\nsleep 20\n'), run },
]

const OVER_UDP: readonly FaultScenario[] = [
  { name: 'udp-nobody-listens', how: 'auth bsdudp, and the client listens with bsdtcp', failures: ['no-acknowledgement'], setUp: udp('bsdudp'), run },
  { name: 'udp-requests-dropped', how: 'auth bsd, and the firewall drops UDP 10080', failures: ['no-acknowledgement'], setUp: udp('bsd'), breakIt: allOf(listening({ auth: 'bsd' }), filtered('udp dport 10080 drop')), run },
  { name: 'udp-replies-dropped', how: 'auth bsdudp, and the firewall drops what the client answers', failures: ['no-acknowledgement'], setUp: udp('bsdudp'), breakIt: allOf(listening({ auth: 'bsdudp' }), filtered('udp sport 10080 drop')), run },
  { name: 'udp-acks-dropped', how: 'auth bsdudp, and the firewall drops acknowledgements of the server', failures: ['reply-not-acknowledged'], setUp: udp('bsdudp'), breakIt: allOf(listening({ auth: 'bsdudp' }), filtered(SERVER_ACKS)), run: async (context) => {
    await using _client = context.stock.startClient()
    await check(context)
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  } },
  { name: 'data-ports-dropped', how: 'auth bsd, and the firewall drops the ports of data', failures: ['stream-not-connected'], setUp: udp('bsd'), breakIt: allOf(listening({ auth: 'bsd' }), filtered(`${DATA_PORTS} drop`), SOON_TIMED_OUT), run },
  { name: 'data-ports-refused', how: 'auth bsd, and the firewall resets connections to the ports of data', failures: ['stream-not-connected'], setUp: udp('bsd'), breakIt: allOf(listening({ auth: 'bsd' }), filtered(`${DATA_PORTS} reject with tcp reset`)), run },
  { name: 'data-port-refused-bsdudp', how: 'auth bsdudp, and the firewall resets the connection for data', failures: ['stream-not-connected'], setUp: udp('bsdudp'), breakIt: allOf(listening({ auth: 'bsdudp' }), filtered(`${DATA_PORTS} reject with tcp reset`)), run },
  { name: 'too-many-disks-for-udp', how: 'auth bsdudp, and a host with 350 disks', failures: ['request-too-large'], setUp: { ...udp('bsdudp'), disklist: MANY_DISKS }, breakIt: listening({ auth: 'bsdudp' }), run },
]

export const NETWORK_FAULTS: readonly FaultScenario[] = [...REACHING, ...ANSWERING, ...OVER_UDP]
