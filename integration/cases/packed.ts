// The package as a user gets it: built, packed, installed into an empty folder with the machine's own Node, and run from there. Files that
// are found by path (workers, schema, documents) must be found there too.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'

const ROOT = path.resolve(import.meta.dirname, '..', '..')

async function run({ dir, note }: CaseContext): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
  await command(['npm', 'pack', '--pack-destination', dir, '--loglevel=error'], { workingDir: ROOT })
  note('packed; installing it into an empty folder')
  const home = path.join(dir, 'home')
  await command(['mkdir', home])
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n')
  await command(['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', path.join(dir, `holdfast-${version}.tgz`)], { workingDir: home, timeoutMs: 300_000 })
  const holdfast = path.join(home, 'node_modules', '.bin', 'holdfast')
  const said = await command([holdfast, 'version'], { workingDir: '/' })
  if (!said.includes(version)) throw new Error(`version said ${JSON.stringify(said)}`)
  const help = await command([holdfast, 'restore', '--help'], { workingDir: '/' })
  if (!/Usage/i.test(help)) throw new Error('restore --help shows no usage')
  // Opening a catalog starts the worker, which is found by its path.
  const config = path.join(dir, 'holdfast.yaml')
  await command([holdfast, 'init', '--config', config], { workingDir: dir, environment: { HOME: dir, XDG_STATE_HOME: path.join(dir, 'state'), XDG_CACHE_HOME: path.join(dir, 'cache') } })
  return `version ${version} installed from its tarball and ran`
}

export const integrationCase: IntegrationCase = { name: 'packed', summary: 'The packed tarball is installed elsewhere and runs', needs: ['npm'], timeoutMs: 600_000, run }
