import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { resolveAmanda } from '../../config/amanda/resolve/resolve-amanda.ts'
import { openAmandaSession } from './amanda-session.ts'

const CONF = 'tpchanger "chg-disk:/v"\nautolabel "L%%" empty\ntapecycle 3\ntapetype T\ndefine tapetype T {\nlength 1g\n}\ndefine dumptype t {\nprogram "GNUTAR"\n}\n'
const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }

test('a name that is not ASCII is the same for the records and for the run', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'holdfast-session-'))
  try {
    mkdirSync(path.join(root, 'daily'))
    writeFileSync(path.join(root, 'daily', 'amanda.conf'), CONF)
    writeFileSync(path.join(root, 'daily', 'disklist'), 'h /srv/b\u00fccher t\n')
    const complaints: string[] = []
    const request = { name: 'daily', root, workingDir: '/', overrides: [{ name: 'org', value: 'B\u00fcro' }] }
    const session = openAmandaSession(request, (line) => complaints.push(line))
    const bytes = openAmandaSession({ ...request, isBytes: true }, (line) => complaints.push(line))
    assert.ok(session !== undefined && bytes !== undefined, complaints.join('\n'))
    assert.deepEqual([session.disks[0]?.name, session.org], ['/srv/b\u00fccher', 'B\u00fcro'])
    const { config, remarks } = resolveAmanda(bytes.configuration, bytes.disks, DIRECTORIES, { slotCount: () => 3 })
    assert.deepEqual([config?.disklist[0]?.disk, config?.organisation], ['/srv/b\u00fccher', 'B\u00fcro'], remarks.map(({ outcome }) => outcome).join('\n'))
  } finally {
    rmSync(root, { recursive: true })
  }
})
