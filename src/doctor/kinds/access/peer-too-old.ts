import type { FaultKind } from '../../contract.ts'

export const peerTooOld: FaultKind = {
  code: 'peer-too-old',
  severity: 'failure',
  symptom: 'The Amanda of the client is too old for what the disk asks of it',
  cause: 'Server and client tell each other what they can do. What the dumptype wants (an application, a compression, a device name, an estimate) is not among it.',
  confidence: 'certain',
  advice: 'Bring the client to a newer Amanda, or take the option that the message names out of the dumptype.',
  cures: [
    { on: 'client', commands: ['/usr/lib/amanda/amandad --version'], steps: ['3.x knows applications and scripts; 2.5 auth bsdtcp; 2.6 custom compression and encryption.'] },
    { on: 'dumptype', steps: ['Give this host a dumptype without the option.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['does not support ', 'bad features value'],
  patterns: [/Client (?<host>\S+) does not support /, /\[does not support [\w -]+\]/, /^(?:ERROR|WARNING): (?<host>[^\s:]+):\S.* does not support /, /(?<host>[\w.-]+): bad features value: /],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126212031 0 [does not support client custom compression]', from: 'a run log of 3.5.1' },
    { line: 'ERROR: Client amclient does not support selfcheck REQ packet', from: 'the texts of amcheck 3.5.1' },
    { line: 'ERROR: amclient:/srv/many does not support APPLICATION-API', from: 'the texts of amcheck 3.5.1' },
  ],
}
