import type { FaultKind } from '../../contract.ts'

export const databaseNotReady: FaultKind = {
  code: 'database-not-ready',
  severity: 'failure',
  symptom: 'The application could not dump the database: the database is not reachable, or not set up for it',
  cause: 'ampgsql and its like ask the database server first. It is not running, refuses the user, or was not set up for such dumps (ampgsql needs a directory into which PostgreSQL archives its WAL files).',
  confidence: 'certain',
  advice: 'Set the database up as the manual page of the application says, and try its connection as the user of Amanda.',
  cures: [
    { on: 'client', commands: ['man ampgsql', 'psql -U USER -h HOST -c "select version()"'], steps: ['ampgsql: archive_mode on, archive_command copies to the directory of property PG-ARCHIVEDIR, and PG-USER, PG-HOST, PG-PASSFILE let the user of Amanda in.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['WAL file archive directory', 'psql stderr: ', 'psql: error', 'could not connect to server', 'connection to server'],
  patterns: [/WAL file archive directory does not exist/, /psql stderr: .*(?:ERROR|FATAL|error|could not)/, /psql: (?:error: |could not connect to server)/, /\[.*connection to server at .* failed: /],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126213222 0 "[Application \'ampgsql\': ampgsql: WAL file archive directory does not exist (or is not a directory) at /usr/lib/amanda/application/ampgsql line 839.]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendbackup: error [psql stderr: psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory]', from: 'psql of PostgreSQL 15 in the texts of ampgsql 3.5.1' },
  ],
}
