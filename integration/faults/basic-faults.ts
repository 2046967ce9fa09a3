// The faults that everybody meets first.

import type { FaultScenario } from '../lab/fault-scenario.ts'

export const BASIC_FAULTS: readonly FaultScenario[] = [
  { name: 'client-not-listening', how: 'xinetd was not started on the client', failures: ['connect-refused'], isInTest: true, run: ({ amdump }) => amdump() },
  { name: 'wrong-user', how: '.amandahosts of the client names another user', failures: ['user-not-allowed'], isInTest: true, setUp: { amandahosts: 'amserver somebody amdump\n' } },
  { name: 'service-missing', how: 'amandad of the client was started without amdump', failures: ['service-not-enabled'], isInTest: true, setUp: { serverArgs: '-auth=bsdtcp amindexd' } },
  { name: 'host-without-address', how: 'the disklist names a host that has no address', failures: ['name-not-found'], isInTest: true, setUp: { disklist: 'nowhere.invalid /srv/many plain\n' } },
  { name: 'block-on-one-line', how: 'amanda.conf defines a tapetype on one line', failures: ['config-wrong'], isInTest: true, setUp: { definitions: 'define tapetype OTHER { length 200 mbytes }\n' } },
  { name: 'no-volume-to-write', how: 'autolabel is not set, and no volume has a label', failures: ['no-acceptable-volume'], isInTest: true, setUp: { autolabel: '' } },
  { name: 'directory-gone', how: 'the directory of the disklist entry is not there', failures: ['disk-missing'], isInTest: true, setUp: { disklist: 'amclient /srv/gone plain\n' } },
]
