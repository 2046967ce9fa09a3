import type { FaultKind } from '../../contract.ts'

export const sharedMemoryFull: FaultKind = {
  code: 'shared-memory-full',
  severity: 'failure',
  symptom: 'Dumper and chunker could not use the memory that they share: /dev/shm is too small',
  cause: 'Each dump goes through shared memory in /dev/shm. When its file system is full, a write into it ends with "Bad address". Containers often have 64 MB or less of it.',
  confidence: 'likely',
  advice: 'Enlarge /dev/shm.',
  cures: [
    { on: 'server', commands: ['df -h /dev/shm', 'mount -o remount,size=1g /dev/shm'], steps: ['For a container start it with a larger --shm-size. Remove leftovers named amanda_shm_control-* of programs that have ended.'] },
  ],
  check: 'df -h /dev/shm shows free room during a run.',
  words: ['recv error: Bad address'],
  patterns: [/recv error: Bad address/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126214613 0 [data read: Yrecv error: Bad address]', from: 'testdata/doctor/shared-memory-full' },
  ],
}
