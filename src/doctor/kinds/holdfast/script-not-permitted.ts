import type { FaultKind } from '../../contract.ts'

export const scriptNotPermitted: FaultKind = {
  code: 'script-not-permitted',
  severity: 'failure',
  symptom: 'A script of the dumptype may not run on this machine',
  cause: 'A dumptype only names scripts. A machine runs those that lie in the directory of its own configuration, that root or the user of Holdfast owns, and that nobody else can write to: else whoever can write there, or a stolen server, could run any program.',
  confidence: 'certain',
  advice: 'Name the directory of scripts in the configuration of the machine, and give it and the script to root.',
  cures: [
    { on: 'client', commands: ['chown root SCRIPTDIR SCRIPTDIR/NAME', 'chmod 755 SCRIPTDIR SCRIPTDIR/NAME'], steps: ['SCRIPTDIR is script-dir in agent.yaml; set it first, and start the agent again.', 'The script must be a plain file, not a link.'] },
    { on: 'server', steps: ['Scripts with execute-where: server lie in directories.scripts of holdfast.yaml, with the same owner and mode.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['script-not-permitted'],
  words: ["' may not run: "],
  patterns: [/Script '[^']+' may not run: /],
  samples: [
    { line: "FAIL dumper client /srv/scripted 20261127004103 0 [Script 'snapshot-btrfs' may not run: script-dir in agent.yaml is not set]", from: 'the texts of Holdfast' },
    { line: "FAIL dumper client /srv/scripted 20261127004103 0 [Script 'snapshot-btrfs' may not run: /etc/holdfast/scripts can be written by others]", from: 'the texts of Holdfast' },
  ],
}
