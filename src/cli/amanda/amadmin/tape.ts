// `amadmin tape` and `retention`: which volumes the next runs are to write, and why others are kept.

import { textOf } from '../../../config/amanda/configuration.ts'
import { retentionOf } from '../../../records/retention.ts'
import { nextVolumes } from '../../../records/next-volumes.ts'
import { TapelistStore } from '../../../records/tapelist-store.ts'
import type { AmadminCall } from './call.ts'
import { numberOf, type Settings } from './settings.ts'

const FIRST = 'The next Amanda should go onto '

/** The labels that a storage takes; undefined: any. */
function labelPattern(settings: Settings): RegExp | undefined {
  const value = settings.get('LABELSTR')?.value
  if (value?.kind !== 'labels' || value.template === undefined) return undefined
  try {
    return new RegExp(value.template)
  } catch {
    return undefined
  }
}

export async function tape(call: AmadminCall): Promise<number> {
  const { session, out } = call
  const { configuration } = session
  const entries = await new TapelistStore(call, session.places.tapelist).read()
  for (const name of configuration.globalNames('STORAGE')) {
    const storage = configuration.find('storage', name)
    if (storage === undefined) continue
    const { settings } = storage
    const runTapes = Math.max(1, numberOf(settings, 'RUNTAPES'))
    const policy = configuration.find('policy', textOf(settings, 'POLICY'))
    const next = nextVolumes(entries, {
      storage: name, pool: textOf(settings, 'TAPEPOOL'), config: session.name, labels: labelPattern(settings),
      retainedTapes: policy === undefined ? 0 : numberOf(policy.settings, 'RETENTION_TAPES'), count: runTapes * Math.max(1, call.days),
    })
    for (let run = 0; run < Math.max(1, call.days); run++) out(runText(next.labels.slice(run * runTapes, (run + 1) * runTapes)))
    const labelled = next.labelled.slice(0, runTapes * Math.max(1, call.days))
    if (labelled.length === 1) out(`The next new tape already labelled is: ${labelled[0] ?? ''}.`)
    else if (labelled.length > 1) out(`The next ${labelled.length} new tapes already labelled are: ${labelled.join(', ')}`)
  }
  return 0
}

/** Volumes of one run; new ones that follow each other are counted. */
function runText(labels: readonly (string | undefined)[]): string {
  const lines: string[] = []
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]
    if (label !== undefined) {
      lines.push(`tape ${label} or a new tape.\n`)
      continue
    }
    let count = 1
    while (at + 1 < labels.length && labels[at + 1] === undefined) {
      count++
      at++
    }
    lines.push(`${count} new tape${count === 1 ? '' : 's'}.\n`)
  }
  return lines.map((line, index) => `${index === 0 ? FIRST : ' '.repeat(FIRST.length + 4)}${line}`).join('')
}

export async function retention(call: AmadminCall): Promise<number> {
  const { session, words, out } = call
  const entries = await new TapelistStore(call, session.places.tapelist).read()
  const { configuration } = session
  const storages = configuration.sections('storage').flatMap(({ name, settings }) => {
    const policy = configuration.find('policy', textOf(settings, 'POLICY'))
    if (policy === undefined) return []
    return [{ storage: name, pool: textOf(settings, 'TAPEPOOL'), config: session.name, labels: labelPattern(settings), tapes: numberOf(policy.settings, 'RETENTION_TAPES'), days: numberOf(policy.settings, 'RETENTION_DAYS') }]
  })
  const reasons = retentionOf(entries, { storages, nowS: call.clock.wallMs() / 1000 })
  for (const label of words.length === 0 ? entries.map((entry) => entry.label) : words) {
    const entry = entries.find((one) => one.label === label)
    out(entry === undefined ? `No '${label}' label.\n` : `${entry.storage ?? ''} ${entry.pool ?? ''} ${label} ${reasons.get(label) ?? 'retention-no'}\n`)
  }
  return 0
}
