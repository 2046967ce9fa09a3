import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const memoryShort: FaultKind = setupKind({
  code: 'memory-short',
  severity: 'warning',
  symptom: 'The machine has little memory left',
  cause: 'Other programs take it. When it runs out the kernel kills a program, and that may be the one that makes a dump.',
  advice: 'End what takes the memory, or add memory or swap.',
  cures: [
    { on: 'the machine that is named', commands: ['free -m', 'ps aux --sort=-rss | head'], steps: ['Lower parallel-dumps in holdfast.yaml, or max-dumps of the host, if dumps themselves take it.'] },
  ],
  check: 'free -m shows more than 200 MiB available.',
  lines: [
    'WARNING laptop: only 80 MiB of memory are available. End what takes the memory (`ps aux --sort=-rss | head`), or add memory or swap: the kernel may kill a dump. [memory-short]',
  ],
})
