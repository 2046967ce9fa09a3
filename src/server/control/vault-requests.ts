// The shape of the requests about a vault, as a client may send them.

import { z } from 'zod'

const manifest = z.string().min(1).max(255)
const count = z.number().int().min(0).max(1_000_000).optional()
/** Of marks: short words. */
const tags = z.array(z.string().min(1).max(255)).max(100)
const rules = z.strictObject({ last: count, days: count, daily: count, weekly: count, monthly: count, yearly: count, tags: tags.optional() })

export const vaultRequestSchemas = [
  z.strictObject({ kind: z.literal('vault-dumps') }),
  z.strictObject({ kind: z.literal('vault-stats') }),
  z.strictObject({ kind: z.literal('vault-orphans') }),
  z.strictObject({ kind: z.literal('vault-check'), depth: z.enum(['structure', 'data']), resume: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('vault-prune'), rules: rules.optional(), isDryRun: z.boolean().optional(), isNow: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('vault-tag'), manifest, tags }),
  z.strictObject({ kind: z.literal('vault-pin'), manifest, isPinned: z.boolean() }),
  z.strictObject({ kind: z.literal('vault-forget'), manifests: z.array(manifest).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('vault-verified'), manifest, atMs: z.number().min(0) }),
  z.strictObject({ kind: z.literal('vault-hold'), manifests: z.array(manifest).max(10_000) }),
] as const
