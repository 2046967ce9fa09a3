// Names on a holding disk: `<directory>/<timestamp>/<host>.<disk>.<level>`, further chunks with a number behind it. Format: docs/formats/holding-disk.md.

export const UNFINISHED_SUFFIX = '.tmp'
/** Amanda's name for the mark of the process that uses a run directory. */
export const PID_FILE = 'pid'
export const RUN_DIRECTORY = /^(?:\d{8}|\d{14})$/
