import type { FaultKind } from '../../contract.ts'

export const archiverMissing: FaultKind = {
  code: 'archiver-missing',
  severity: 'failure',
  symptom: 'The program that reads the disk is not installed on the client',
  cause: 'Amanda on the client was built for, or was told to use, a path at which there is no tar, dump, xfsdump or smbclient.',
  confidence: 'certain',
  advice: 'Install the program, or tell Amanda where it is.',
  cures: [
    { on: 'client', commands: ['ls -l /bin/tar /sbin/dump /usr/bin/smbclient'], steps: ['Install it (GNU tar, dump, xfsprogs, smbclient), or set the path: GNUTAR-PATH and SMBCLIENT-PATH of an application, gnutar_path in amanda-security.conf.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['find realpath for', 'find real path for', 'error [exec /', 'could not exec /', 'program not available', 'can not stat \'/', 'doesn\'t exist'],
  patterns: [/Can't find real ?path for '\/[^']*'/, /\[exec \/\S*(?:tar|dump|smbclient)\S*: No such file or directory\]/, /run(?:tar|dump): could not exec \/\S+: /, /\b(?:GNUTAR|BSDTAR|STAR|V?X?F?S?DUMP|VXDUMP|SMBCLIENT|SAMBA) program not available/i, /can not stat '\/\S*(?:tar|dump|smbclient)'/, /\/\S+ doesn't exist/],
  samples: [
    { line: '  ? ERROR [Can\'t find realpath for \'/bin/tar\': No such file or directory', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '  ? sendbackup: error [exec /sbin/dump: No such file or directory]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendsize: runtar: could not exec /bin/tar: No such file or directory', from: 'the texts of Amanda 3.5.1' },
    { line: 'ERROR [GNUTAR program not available]', from: 'clients of Amanda 2.4 to 2.6' },
    { line: 'HOST amclient ERROR: can not stat \'/bin/tar\': No such file or directory', from: 'amcheck of 3.5.1' },
  ],
}
