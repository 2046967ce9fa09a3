// Slots that an operator names: a list with ranges such as `1,3-5`, and the words for what stands beside the current one.

/** The slots of a list in the order in which they are named; each is a name of its own where it is no range. */
export function slotsNamed(list: string): string[] {
  return list.split(',').flatMap((word) => {
    const [, first, last] = /^(\d{1,6})-(\d{1,6})$/.exec(word) ?? []
    if (first === undefined || last === undefined) return word === '' ? [] : [word]
    return Array.from({ length: Math.max(0, Number(last) - Number(first) + 1) }, (_, index) => String(Number(first) + index))
  })
}

/** The slot after `slot`, round and round. */
export function slotAfter(slots: readonly string[], slot: string): string | undefined {
  return slots[(slots.indexOf(slot) + 1) % Math.max(1, slots.length)]
}
