import type { FaultKind } from '../../contract.ts'

export const changerWrong: FaultKind = {
  code: 'changer-wrong',
  severity: 'failure',
  symptom: 'The changer of the configuration cannot be used',
  cause: 'tpchanger names a changer or device that Amanda does not know, or the device file of the robot is not there: a spelling mistake, a missing module of the kernel, another name after a restart.',
  confidence: 'certain',
  advice: 'Correct tpchanger, or the device it names.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG tpchanger', 'ls -l /dev/sg*', 'lsscsi -g'], steps: ['Name the changer as man amanda-changers says: chg-disk:DIRECTORY, chg-single:tape:DEVICE, chg-robot:DEVICE. A name below /dev/tape/by-id stays the same after a restart.'] },
  ],
  check: 'amtape CONFIG inventory lists the slots.',
  words: ['is not known', "' not found", "'tapedev' or 'tpchanger'"],
  patterns: [/Device type .*is not known/, /'\/dev\/[^']*' not found/, /one of 'tapedev' or 'tpchanger'/],
  samples: [
    { line: `ERROR taper no-tape error [chg-single: error opening device 'chg-carousel:/dev/sg0': Device type "chg-carousel" is not known]`, from: 'testdata/doctor/changer-unknown' },
    { line: "ERROR taper no-tape error ['/dev/sg0' not found]", from: 'testdata/doctor/changer-without-mtx' },
  ],
}
