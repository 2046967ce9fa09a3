// The columns of the dump summary, as the parameter columnspec sets them: `Name=space:width:precision,…`. A negative width grows with what is in the column.

export const COLUMN_NAMES = ['HostName', 'Disk', 'Level', 'OrigKB', 'OutKB', 'Compress', 'DumpTime', 'DumpRate', 'TapeTime', 'TapeRate'] as const
export type ColumnName = (typeof COLUMN_NAMES)[number]

export interface ReportColumn {
  /** Blanks before it. */
  readonly space: number
  readonly width: number
  readonly precision: number
  readonly grows: boolean
}

export type ReportColumns = Readonly<Record<ColumnName, ReportColumn>>

const DEFAULT_COLUMNS: ReportColumns = {
  HostName: { space: 0, width: 12, precision: 12, grows: true },
  Disk: { space: 1, width: 11, precision: 11, grows: true },
  Level: { space: 1, width: 1, precision: 1, grows: true },
  OrigKB: { space: 1, width: 7, precision: 0, grows: true },
  OutKB: { space: 1, width: 7, precision: 0, grows: true },
  Compress: { space: 1, width: 6, precision: 1, grows: true },
  DumpTime: { space: 1, width: 7, precision: 7, grows: true },
  DumpRate: { space: 1, width: 6, precision: 1, grows: true },
  TapeTime: { space: 1, width: 6, precision: 6, grows: true },
  TapeRate: { space: 1, width: 6, precision: 1, grows: true },
}

/** Wider or more precise than this, a report could not be read. */
const NUMBER_MAX = 1000

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,9}$/.test(text)) return undefined
  return Math.max(-NUMBER_MAX, Math.min(NUMBER_MAX, Number(text)))
}

/** The configuration's reader has complained about what is no column; here it is passed over. */
export function parseColumnSpec(spec: string): ReportColumns {
  const columns: Record<ColumnName, ReportColumn> = { ...DEFAULT_COLUMNS }
  for (const item of spec.split(',')) {
    const [word = '', settings = ''] = item.split('=')
    const name = COLUMN_NAMES.find((known) => known.toLowerCase() === word.trim().toLowerCase())
    if (name === undefined) continue
    const [space, width, precision] = settings.split(':').map((part) => numberOf(part.trim()))
    const old = columns[name]
    const chosen = width ?? (old.grows ? -old.width : old.width)
    columns[name] = { space: Math.max(0, space ?? old.space), width: Math.abs(chosen), precision: Math.max(0, precision ?? old.precision), grows: chosen < 0 }
  }
  return columns
}
