// The published form of the schemas (docs/*.schema.json), and the keys that are known at a place, for "did you mean".

import { z } from 'zod'
import { agentSchema, serverSchema } from './schema.ts'
import type { ValuePath } from './yaml-document.ts'

type JsonSchema = z.core.JSONSchema.JSONSchema

/** JSON schema of a configuration as people write it. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

/** The generated pages: name below docs/ and text. */
export function configSchemaPages(): readonly { readonly name: string; readonly text: string }[] {
  return [
    { name: 'holdfast.schema.json', text: `${JSON.stringify(jsonSchemaOf(serverSchema), null, 2)}\n` },
    { name: 'agent.schema.json', text: `${JSON.stringify(jsonSchemaOf(agentSchema), null, 2)}\n` },
  ]
}

function branches(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []).flatMap((branch) => branches(branch as JsonSchema))]
}

function childrenOf(schema: JsonSchema, key: PropertyKey): JsonSchema[] {
  return branches(schema).flatMap((branch) => {
    const property = branch.properties?.[String(key)]
    const found = typeof key === 'number' ? branch.items : (property ?? branch.additionalProperties)
    return typeof found === 'object' && !Array.isArray(found) ? [found as JsonSchema] : []
  })
}

/** The keys an object at `path` may have. */
export function knownKeys(schema: JsonSchema, path: ValuePath): string[] {
  let found = [schema]
  for (const key of path) found = found.flatMap((each) => childrenOf(each, key))
  return [...new Set(found.flatMap(branches).flatMap((branch) => Object.keys(branch.properties ?? {})))]
}
