import type { FaultKind } from '../../contract.ts'

export const scriptTimedOut: FaultKind = {
  code: 'script-timed-out',
  severity: 'failure',
  symptom: 'A script of the dumptype did not end in its time and was stopped',
  cause: 'A script waits for something that does not come: a lock, a database that writes out what it holds, an answer from the terminal. It was ended with everything it had started.',
  confidence: 'certain',
  advice: 'Run the script by hand to see what it waits for.',
  cures: [
    { on: 'client', commands: ['SCRIPTDIR/NAME PRE-DLE-BACKUP --config CONFIG --host CLIENT --disk PATH --device PATH --level 0 < /dev/null'], steps: ['SCRIPTDIR is script-dir in agent.yaml.', 'Raise script-timeout in agent.yaml if it needs more than 10 minutes. Keep it below data-timeout of the server.'] },
    { on: 'server', steps: ['For scripts with execute-where: server it is limits.script-timeout in holdfast.yaml.'] },
  ],
  check: 'The script ends within script-timeout.',
  faultCodes: ['script-timed-out'],
  words: ["': it did not end within "],
  patterns: [/Script '[^']+' command '[^']+': it did not end within \d+ s/],
  samples: [
    { line: "FAIL dumper client /srv/scripted 20261127004103 0 [Script 'freeze' command 'PRE-DLE-BACKUP': it did not end within 600 s and was stopped]", from: 'the texts of Holdfast' },
  ],
}
