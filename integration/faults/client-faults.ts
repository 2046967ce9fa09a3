// Programs and directories of Amanda on the client that are missing, closed or broken: helpers, applications, scripts, filters.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { applicationOf, applicationThat, changeable, USES_APPLICATION, withApplication, withFiles } from './client-tricks.ts'

function scriptOf(plugin: string, when: string): string {
  return `define script-tool lab-script {\n plugin "${plugin}"\n execute_where client\n execute_on ${when}\n}`
}

export const CLIENT_FAULTS: readonly FaultScenario[] = [
  { isChecked: true, name: 'runtar-without-setuid', how: 'runtar lost its set-uid bit', failures: ['program-not-setuid'], setUp: { dumptype: 'estimate server', clientShell: `${changeable('/usr/lib/amanda')}\nchmod u-s /usr/lib/amanda/runtar` } },
  { isChecked: true, name: 'tar-path-not-allowed', how: 'amanda-security.conf allows no tar at that path', failures: ['program-not-allowed'], setUp: { tools: applicationOf('amgtar', 'property "GNUTAR-PATH" "/etc/amanda/bin/mytar"'), dumptype: USES_APPLICATION, clientPrograms: { mytar: '#!/bin/sh\nexec /bin/tar "$@"\n' } } },
  { isChecked: true, name: 'snapshot-directory-closed', how: 'gnutar-lists of the client belongs to root', failures: ['snapshot-directory-unusable'], setUp: { clientShell: 'mount -t tmpfs -o mode=755 tmpfs /var/lib/amanda/gnutar-lists' } },
  { name: 'snapshot-directory-closed-dump', how: 'gnutar-lists of the client belongs to root; the server estimates', failures: ['snapshot-directory-unusable'], setUp: { dumptype: 'estimate server', clientShell: 'mount -t tmpfs -o mode=755 tmpfs /var/lib/amanda/gnutar-lists' } },
  { name: 'snapshot-directory-missing-amgtar', how: 'gnutar-lists is not there, for amgtar', failures: ['snapshot-directory-unusable'], setUp: { tools: applicationOf('amgtar'), dumptype: USES_APPLICATION, clientShell: 'mount -t tmpfs -o mode=777 tmpfs /var/lib/amanda\ntouch /var/lib/amanda/amandates\nchmod 666 /var/lib/amanda/amandates' } },
  { isChecked: true, name: 'amandates-closed', how: 'amandates of the client belongs to root', failures: [], warnings: ['amandates-unusable'], setUp: { dumptype: 'record yes', clientShell: 'touch /etc/amanda/amandates\nchmod 600 /etc/amanda/amandates\nchown root:root /etc/amanda/amandates\nmount --bind /etc/amanda/amandates /var/lib/amanda/amandates' } },
  { name: 'client-log-closed', how: 'the directory of debug files of the client belongs to root', failures: ['debug-directory-unusable'], setUp: { clientShell: 'mount -t tmpfs -o mode=755 tmpfs /var/log/amanda' } },
  { name: 'client-state-full', how: 'the disk with gnutar-lists of the client is full', failures: ['client-disk-full'], setUp: { clientShell: 'mount -t tmpfs -o mode=777,size=8k tmpfs /var/lib/amanda/gnutar-lists\nhead -c 100000 /dev/zero > /var/lib/amanda/gnutar-lists/filler || true' } },
  { isChecked: true, name: 'exclude-list-missing', how: 'the exclude list of the dumptype does not exist on the client', failures: [], warnings: ['exclude-list-missing'], isReported: true, setUp: { dumptype: 'exclude list "/etc/amanda/exclude-gone"' } },
  { name: 'exclude-list-missing-amgtar', how: 'the exclude list does not exist on the client, for amgtar', failures: [], warnings: ['exclude-list-missing'], setUp: { tools: applicationOf('amgtar'), dumptype: `${USES_APPLICATION}\n exclude list "/etc/amanda/exclude-gone"` } },
  { name: 'include-matches-nothing', how: 'nothing on the disk matches the include of the dumptype', failures: [], notices: ['disk-empty'], setUp: { dumptype: 'include "./nothing*"' } },
  { name: 'disk-empty', how: 'the directory is there and has nothing in it: what should be mounted is not', failures: [], notices: ['disk-empty'], setUp: { disklist: 'amclient /srv/empty plain\n' }, breakIt: withFiles('empty', {}) },
  { isChecked: true, name: 'application-missing', how: 'the application of the dumptype is not installed on the client', failures: ['application-missing'], setUp: { tools: applicationOf('amnone'), dumptype: USES_APPLICATION } },
  { name: 'application-broken', how: 'the application of the client cannot be run', failures: ['application-missing'], setUp: { tools: applicationOf('amlab'), dumptype: USES_APPLICATION, clientShell: withApplication('amlab'), clientPrograms: { amlab: '#!/nowhere/perl\n' } } },
  { name: 'application-property-wrong', how: 'a property of amgtar is unknown to it', failures: ['application-property-wrong'], setUp: { tools: applicationOf('amgtar', 'property "NO-SUCH-PROPERTY" "yes"'), dumptype: USES_APPLICATION } },
  { name: 'application-dies', how: 'an application ends with an error, and says nothing', failures: ['client-ended-early'], setUp: { tools: applicationOf('amlab'), dumptype: USES_APPLICATION, clientShell: withApplication('amlab'), clientPrograms: { amlab: applicationThat('exit 1') } } },
  { name: 'application-forgets-size', how: 'an application ends well and says no size', failures: ['client-ended-early'], setUp: { tools: applicationOf('amlab'), dumptype: USES_APPLICATION, clientShell: withApplication('amlab'), clientPrograms: { amlab: applicationThat('echo data; echo / >&4') } } },
  { name: 'samba-unusable', how: 'amsamba finds no amandapass', failures: ['samba-password-missing'], setUp: { tools: applicationOf('amsamba'), dumptype: USES_APPLICATION } },
  { isChecked: true, name: 'script-missing', how: 'a script of the dumptype is not installed on the client', failures: ['script-missing'], setUp: { tools: scriptOf('script-none', 'pre-dle-backup'), dumptype: 'script "lab-script"' } },
  { name: 'script-fails', how: 'a script that runs before the dump fails', failures: ['script-failed'], isReported: true, setUp: { tools: scriptOf('script-fail', 'pre-dle-backup'), dumptype: 'script "lab-script"' } },
  { name: 'script-fails-estimate', how: 'a script that runs before the estimate fails', failures: ['script-failed'], setUp: { tools: scriptOf('script-fail', 'pre-dle-estimate'), dumptype: 'script "lab-script"' } },
  { name: 'compress-missing', how: 'the compress program of the dumptype is not on the client', failures: ['filter-missing'], setUp: { dumptype: 'compress client custom\n client_custom_compress "/etc/amanda/bin/gone"' } },
  { name: 'compress-fails', how: 'the compress program on the client ends with 3', failures: ['filter-failed'], isReported: true, setUp: { dumptype: 'compress client custom\n client_custom_compress "/etc/amanda/bin/fails"', clientPrograms: { fails: '#!/bin/sh\nhead -c 5000\necho "fails: no licence" >&2\nexit 3\n' } } },
  { name: 'server-compress-missing', how: 'the compress program of the dumptype is not on the server', failures: ['filter-missing'], setUp: { dumptype: 'compress server custom\n server_custom_compress "/etc/amanda/bin/gone"' } },
  { name: 'server-compress-fails', how: 'the compress program on the server ends with 1', failures: ['server-filter-failed'], setUp: { dumptype: 'compress server custom\n server_custom_compress "/bin/false"' } },
  { name: 'encrypt-missing', how: 'the encryption program of the dumptype is not on the client', failures: ['filter-missing'], setUp: { dumptype: 'encrypt client\n client_encrypt "/etc/amanda/bin/gone"' } },
  { name: 'encrypt-without-key', how: 'the pass phrase of amcrypt-ossl is not there', failures: ['encryption-key-missing'], isReported: true, setUp: { dumptype: 'encrypt client\n client_encrypt "/usr/sbin/amcrypt-ossl"' } },
  { name: 'server-encrypt-without-key', how: 'the pass phrase of amcrypt-ossl is not on the server', failures: ['encryption-key-missing'], setUp: { dumptype: 'encrypt server\n server_encrypt "/usr/sbin/amcrypt-ossl"' } },
]
