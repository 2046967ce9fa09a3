import type { FaultKind } from '../../contract.ts'

export const snapshotDirectoryUnusable: FaultKind = {
  code: 'snapshot-directory-unusable',
  severity: 'failure',
  symptom: 'The client cannot keep its lists of what was dumped (gnutar-lists)',
  cause: 'GNU tar writes a list of all files for each level, in gnutar-lists below /var/lib/amanda. The directory is missing, or does not belong to the user of Amanda: after a restore of the system, or a new user id.',
  confidence: 'certain',
  advice: 'Make the directory and give it to the user of Amanda.',
  cures: [
    { on: 'client', commands: ['install -d -o backup -g backup -m 770 /var/lib/amanda/gnutar-lists'], steps: ['The next full dump makes the lists anew.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['can not read', 'can not write', 'can not access', 'can not stat', 'opening /', 'opening \'', 'GNUTAR-LISTDIR is', 'GNUTAR-LISTDIR not', 'No GNUTAR-LISTDIR'],
  patterns: [/opening '?\S*(?:gnutar|list)\S*'?: (?:Permission denied|No such file or directory|Not a directory)/, /GNUTAR-LISTDIR (?:is )?not (?:defined|set)/, /can not (?:read|write|access|stat)\S* '?\S*gnutar-?lists\S*: /i, /No GNUTAR-LISTDIR/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126211024 0 [opening \'/var/lib/amanda/gnutar-lists/amclient_srv_many_0.new\': Permission denied]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'FAIL planner amclient /srv/many 20261126211032 0 "[error opening /var/lib/amanda/gnutar-lists/amclient_srv_many_0.new: No such file or directory]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'HOST amclient ERROR: can not read/write \'/var/lib/amanda/gnutar-lists/.\': Permission denied (ruid:34 euid:34)', from: 'amcheck of 3.5.1' },
  ],
}
