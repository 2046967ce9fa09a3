// What ssh refuses, for clients with auth ssh.

import type { FaultKind } from '../contract.ts'
import { sshEnded } from './ssh/ssh-ended.ts'
import { sshHostKeyChanged } from './ssh/ssh-host-key-changed.ts'
import { sshHostKeyUnknown } from './ssh/ssh-host-key-unknown.ts'
import { sshKeyUnusable } from './ssh/ssh-key-unusable.ts'
import { sshLoginDenied } from './ssh/ssh-login-denied.ts'
import { sshProgramMissing } from './ssh/ssh-program-missing.ts'

export const SSH_KINDS: readonly FaultKind[] = [sshEnded, sshHostKeyChanged, sshHostKeyUnknown, sshKeyUnusable, sshLoginDenied, sshProgramMissing]
