// Plain values as the text of a holdfast.yaml that people read: a blank line between its parts, what is short on one line, comments where they belong.

import { Document, isCollection, isMap, isPair, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Written } from './as-written.ts'

type Collection = YAMLMap | YAMLSeq

export interface YamlComments {
  /** Above everything. */
  readonly head: readonly string[]
  /** Above the key at a path, whose parts are joined by `/`. */
  readonly above: ReadonlyMap<string, string>
  /** Below everything. */
  readonly tail: readonly string[]
}

/** What is longer goes over several lines. */
const LINE_LENGTH = 110

const commentOf = (lines: readonly string[]): string => lines.map((line) => ` ${line.replaceAll(/\p{Cc}/gu, ' ')}`).join('\n')

function valuesIn(collection: Collection): readonly unknown[] {
  return collection.items.map((item) => (isPair(item) ? item.value : item))
}

/** Whether a reader takes it in at a glance: texts and numbers, in a map also lists of them, and further in (`depth`) a map of such. */
function isGlance(node: unknown, depth: number): boolean {
  if (!isCollection(node)) return true
  if (isSeq(node)) return node.items.every((item) => !isCollection(item))
  return valuesIn(node).every((value) => !isCollection(value) || (isSeq(value) || depth > 1 ? isGlance(value, 0) : false))
}

/** Short collections are one line. */
function layOut(node: unknown, depth: number): void {
  if (!isCollection(node)) return
  node.flow = node.items.length === 0 || (depth > 0 && isGlance(node, depth) && JSON.stringify(node.toJSON()).length <= LINE_LENGTH)
  if (node.flow !== true) for (const value of valuesIn(node)) layOut(value, depth + 1)
}

export function formatYaml(values: Readonly<Record<string, Written>>, comments: YamlComments): string {
  const document = new Document(values, { aliasDuplicateObjects: false })
  const root = document.contents
  if (!isMap(root)) throw new Error('the values are a map')
  let isAfterCollection = false
  for (const { key, value } of root.items) {
    layOut(value, 0)
    if (isScalar(key)) key.spaceBefore = isAfterCollection || isCollection(value)
    isAfterCollection = isCollection(value)
  }
  for (const [path, text] of comments.above) {
    const keys = path.split('/')
    const parent: unknown = keys.length === 1 ? root : document.getIn(keys.slice(0, -1))
    const key = isMap(parent) ? parent.items.map((pair) => pair.key).find((one) => isScalar(one) && one.value === keys.at(-1)) : undefined
    if (isScalar(key)) key.commentBefore = commentOf([text])
  }
  document.commentBefore = commentOf(comments.head)
  document.comment = comments.tail.length === 0 ? '' : `${commentOf(comments.tail)}`
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
