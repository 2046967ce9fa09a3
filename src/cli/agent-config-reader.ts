// A program that reads a configuration for another (agent-config-apart.ts): its text as JSON on stdin, what became of it as JSON on stdout.

import { readFileSync } from 'node:fs'
import { parseAgentConfig, type AgentDirectories } from '../config/agent-config.ts'

export interface AgentConfigText {
  readonly text: string
  readonly file: string
  readonly directories: AgentDirectories
}

const { text, file, directories } = JSON.parse(readFileSync(0, 'utf8')) as AgentConfigText
process.stdout.write(JSON.stringify(parseAgentConfig(text, file, directories)))
