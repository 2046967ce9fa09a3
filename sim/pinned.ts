// Seeds that showed a defect once, and a few more. `npm test` plays them before it looks for new ones. A change to what a world draws from its
// random source gives every seed a new meaning: then a defect's seed is only one more, and a unit test must hold what it showed.

export const PINNED: Readonly<Record<string, readonly number[]>> = {
  // 40: a window that rose between HELLO and WELCOME was never told. 9362: two delays on one link.
  tether: [1, 2, 3, 4, 5, 40, 9362],
  // 55: a bit flip in an unfinished dump, which was then sealed with a checksum of its damaged bytes. 225: data before its durable mark was durable. 3087: one label given twice.
  // 5115: a disk that was full at the end of a run, and again when its log was closed.
  // 3881: a dump that stayed on the holding disk when its volumes were written over.
  storage: [1, 55, 106, 110, 116, 225, 458, 2786, 3087, 3645, 3881, 5115],
  'powercut-storage': [1, 200, 400],
  // 658: a run believed what the holding disks had free at the end of the one before.
  // 7443: a cancelled dump of a silent program kept its disk busy. 7472: a part that could not be kept was kept, and taken for the dump.
  backup: [1, 91, 134, 171, 242, 658, 956, 1245, 3238, 7443, 7472],
  powercut: [1, 2, 3],
  // 18: an index segment on its way was taken for an orphan. 2593, 6614, 9268: a segment in two packs was not found, since one left while it was looked for.
  vault: [1, 2, 18, 2593, 6614, 9268],
  // 14: a directory of packs whose own directory was not durable.
  'powercut-vault': [1, 14, 200],
}
