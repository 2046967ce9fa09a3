// Estimates that fail: a disk without one is not dumped.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { applicationOf, changeable, tarThat, USES_APPLICATION, WRAP_TAR } from './client-tricks.ts'

/** A sendsize that answers `lines`. */
function sendsizeThat(lines: string): Pick<NonNullable<FaultScenario['setUp']>, 'clientShell' | 'clientPrograms'> {
  return { clientShell: 'cp /usr/lib/amanda/sendsize /etc/amanda/bin/real-sendsize\nmount --bind /etc/amanda/bin/sendsize /usr/lib/amanda/sendsize', clientPrograms: { sendsize: `#!/bin/sh\n${lines}\n` } }
}

export const ESTIMATE_FAULTS: readonly FaultScenario[] = [
  { name: 'estimate-slow', how: 'tar takes longer for an estimate than etimeout', failures: ['estimate-timed-out'], isReported: true, setUp: { settings: 'etimeout 4', clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'sleep 25') } } },
  { name: 'estimate-slow-calcsize', how: 'calcsize takes longer than etimeout', failures: ['estimate-timed-out'], setUp: { settings: 'etimeout 4', dumptype: 'estimate calcsize', clientShell: 'mount --bind /etc/amanda/bin/calcsize /usr/lib/amanda/calcsize', clientPrograms: { calcsize: '#!/bin/sh\nsleep 25\n' } } },
  { name: 'estimate-slow-one', how: 'one of two disks takes longer than etimeout', failures: ['estimate-timed-out'], setUp: { settings: 'etimeout 3', disklist: 'amclient /srv/many plain\namclient /srv/../srv/many plain\n', clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'case "$*" in *..*) sleep 25;; esac') } } },
  { name: 'estimate-tar-fails', how: 'tar of the estimate ends with 2 and says nothing', failures: ['archiver-failed'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'exit 2') } } },
  { name: 'estimate-tar-killed', how: 'tar of the estimate is killed', failures: ['program-killed'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'kill -9 $$') } } },
  { name: 'estimate-without-size', how: 'tar of the estimate says no size', failures: ['estimate-without-size'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'exit 0') } } },
  { name: 'sendsize-killed', how: 'sendsize is killed in the middle of an estimate', failures: ['service-died'], setUp: { clientShell: WRAP_TAR, clientPrograms: { tar: tarThat('estimate', 'kill -9 $(ps -o ppid= -p $PPID) $PPID; sleep 1; exit 1') } } },
  { name: 'calcsize-missing', how: 'calcsize is not on the client', failures: ['calcsize-failed'], setUp: { dumptype: 'estimate calcsize', clientShell: `${changeable('/usr/lib/amanda')}\nrm /usr/lib/amanda/calcsize` } },
  { name: 'estimate-missing', how: 'the answer of sendsize names no disk', failures: ['estimate-missing'], setUp: sendsizeThat('/etc/amanda/bin/real-sendsize | head -n 1') },
  { name: 'estimate-garbled', how: 'the answer of sendsize has a line that is none', failures: ['estimate-garbled'], setUp: sendsizeThat('/etc/amanda/bin/real-sendsize\necho "perl: warning: Setting locale failed."') },
  { name: 'estimate-zero', how: 'the estimate of a disk is zero', failures: ['estimate-failed'], setUp: sendsizeThat('/etc/amanda/bin/real-sendsize | sed "s/SIZE .*/SIZE 0/"') },
  { name: 'estimate-far-off', how: 'the estimate is a hundred times the dump', failures: [], notices: ['estimate-far-off'], isReported: true, setUp: sendsizeThat('/etc/amanda/bin/real-sendsize | sed "s/SIZE .*/SIZE 190000/"') },
  { name: 'directory-gone-calcsize', how: 'the directory is not there, and calcsize estimates', failures: ['disk-missing'], setUp: { dumptype: 'estimate calcsize', disklist: 'amclient /srv/gone plain\n' } },
  { isChecked: true, name: 'directory-gone-dump', how: 'the directory is not there, and the server estimates', failures: ['disk-missing'], setUp: { dumptype: 'estimate server', disklist: 'amclient /srv/gone plain\n' } },
  { name: 'directory-gone-amgtar', how: 'the directory is not there, for amgtar', failures: ['disk-missing'], isReported: true, setUp: { tools: applicationOf('amgtar'), dumptype: `${USES_APPLICATION}\n estimate server`, disklist: 'amclient /srv/gone plain\n' } },
]
