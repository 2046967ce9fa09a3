// The reply to a noop: what the agent understands, and nothing else.

import { DEFAULT_FEATURES, type FeatureSet } from './features.ts'
import { formatOptionsLine, parseOptionsLine } from './options-line.ts'

export function formatNoopReply(features: FeatureSet): string {
  return `${formatOptionsLine({ features })}\n`
}

/** The features in a noop's reply; those of Amanda 2.4.2p2 when it has none. Throws `wire-malformed`. */
export function parseNoopReply(body: string): FeatureSet {
  const line = body.split('\n').find((text) => text !== '') ?? 'OPTIONS ;'
  return parseOptionsLine(line).features ?? DEFAULT_FEATURES
}
