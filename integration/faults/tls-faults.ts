// auth ssl: certificates, keys and the names in them. Each scenario makes an authority and certificates of its own.

import { mkdirSync } from 'node:fs'
import { command } from '../lab/commands.ts'
import type { FaultScenario } from '../lab/fault-scenario.ts'
import { allOf, dumpAndCheck, written } from './breaks.ts'

const run = dumpAndCheck
const setUp = { dumptype: 'auth "ssl"', serverArgs: '-auth=ssl amdump', settings: 'ssl-dir "/etc/amanda/ssl"' }

/** An authority, and for each host a certificate of it in `etc/ssl`. `$server` and `$client` are these directories for lines that spoil them. */
const MAKE_CERTIFICATES = `
authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.crt -days 30 -subj /CN=$1; }
authority ca
for host in server client; do
  dir=../../$host/etc/ssl; rm -rf $dir; mkdir -p $dir/me/private $dir/CA
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $host.key -out $host.csr -subj /CN=am$host
  openssl x509 -req -in $host.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out $host.crt
  cp $host.crt $dir/me/crt.pem; cp $host.key $dir/me/private/key.pem; cp ca.crt $dir/CA/crt.pem
done
server=../../server/etc/ssl; client=../../client/etc/ssl`

/** Good certificates, then these lines of shell. */
function spoiled(lines: string): NonNullable<FaultScenario['breakIt']> {
  return allOf(written('client', 'etc/amanda-client.conf', 'conf "lab"\nindex_server "amserver"\ntape_server "amserver"\nauth "ssl"\nssl-dir "/etc/amanda/ssl"\n'), async ({ stock }) => {
    const dir = stock.at('server', 'authority')
    mkdirSync(dir, { recursive: true })
    await command(['sh', '-ec', `${MAKE_CERTIFICATES}\n${lines}\nchown -R backup:backup $server $client`], { workingDir: dir })
    return async () => void (await command(['rm', '-rf', stock.at('server', 'etc/ssl'), stock.at('client', 'etc/ssl')]))
  })
}

export const TLS_FAULTS: readonly FaultScenario[] = [
  { name: 'tls-nothing-wrong', how: 'auth ssl with good certificates', failures: [], setUp, breakIt: spoiled(':'), run },
  { name: 'tls-files-missing', how: 'auth ssl, and the server has no certificate', failures: ['tls-file-missing'], setUp, breakIt: spoiled('rm -r $server/me'), run },
  { name: 'tls-files-missing-on-client', how: 'auth ssl, and the client has no certificate', failures: ['tls-file-missing'], setUp: { ...setUp, settings: `${setUp.settings}\nreq-tries 1` }, breakIt: spoiled('rm -r $client/me'), run },
  { name: 'tls-authority-foreign', how: 'the server trusts another authority', failures: ['tls-certificate-rejected'], setUp, breakIt: spoiled('authority other; cp other.crt $server/CA/crt.pem'), run },
  { name: 'tls-authority-foreign-to-client', how: 'the client trusts another authority', failures: ['tls-certificate-rejected'], setUp, breakIt: spoiled('authority other; cp other.crt $client/CA/crt.pem'), run },
  { name: 'tls-certificate-expired', how: 'the certificate of the client was good until yesterday', failures: ['tls-certificate-rejected'], setUp, breakIt: spoiled('openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days -1 -out $client/me/crt.pem'), run },
  { name: 'tls-key-of-another', how: 'the private key of the server is that of the client', failures: ['tls-key-differs'], setUp, breakIt: spoiled('cp client.key $server/me/private/key.pem'), run },
  { name: 'tls-client-without', how: 'auth ssl, and the client listens with bsdtcp', failures: ['tls-handshake-ended'], setUp: { ...setUp, serverArgs: '-auth=bsdtcp amdump' }, breakIt: spoiled(':'), run },
  { name: 'tls-server-without', how: 'auth bsdtcp, and the client listens with ssl', failures: ['tls-handshake-ended'], setUp: { serverArgs: '-auth=ssl amdump' }, breakIt: spoiled(':'), run },
  { name: 'tls-fingerprint-old', how: 'the fingerprint that the server noted is another', failures: ['tls-fingerprint-differs'], setUp, breakIt: spoiled('mkdir -p $server/remote/amclient; echo "SHA1 Fingerprint=00:11" >$server/remote/amclient/fingerprint'), run },
  { name: 'tls-name-of-another', how: 'the client has the certificate of the server', failures: ['tls-name-differs'], setUp: { ...setUp, dumptype: `${setUp.dumptype}\n ssl-check-certificate-host yes` }, breakIt: spoiled('cp server.crt $client/me/crt.pem; cp server.key $client/me/private/key.pem'), run },
]
