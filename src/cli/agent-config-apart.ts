// Reads the agent's configuration in a process of its own: what reads and checks YAML takes fifteen megabytes, which a process that stays for months needs for a
// moment and cannot give back. (A thread would leave holes behind in the memory that all threads allocate from.)

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AgentConfigOutcome, AgentDirectories } from '../config/agent-config.ts'
import { deepFreeze } from '../config/deep-freeze.ts'
import { moduleFile } from '../kernel/module-file.ts'
import type { AgentConfigText } from './agent-config-reader.ts'

const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** As parseAgentConfig. */
export async function parseAgentConfigApart(text: string, file: string, directories: AgentDirectories): Promise<AgentConfigOutcome> {
  const order: AgentConfigText = { text, file, directories }
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(moduleFile('./agent-config-reader', import.meta.url))], { input: JSON.stringify(order), encoding: 'utf8', maxBuffer: ANSWER_BYTES_MAX, stdio: ['pipe', 'pipe', 'ignore'] })
  if (status === 0) return deepFreeze(JSON.parse(stdout) as AgentConfigOutcome)
  // Where no process can be started, memory is no reason not to go on.
  return (await import('../config/agent-config.ts')).parseAgentConfig(text, file, directories)
}
