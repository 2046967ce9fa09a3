// Amanda's feature sets: one bit for everything a peer understands. All behaviour that a bit governs is keyed on the peer's bit.
// We claim only what we implement; a peer that sends no set is taken for Amanda 2.4.2p2. Numbers: common-src/amfeatures.h of
// Amanda 3.5; the text form is two hexadecimal digits a byte, bit n in byte n>>3 under mask 1<<(n&7).

/** The features that some code of ours asks for or claims, by the name Amanda gives them without `fe_`. */
const FEATURE_BITS = {
  haveFeatureSupport: 0,
  optionsAuth: 1,
  selfcheckReq: 2,
  selfcheckReqDevice: 3,
  selfcheckRep: 4,
  sendsizeReqNoOptions: 5,
  sendsizeReqOptions: 6,
  sendsizeReqDevice: 7,
  sendsizeRep: 8,
  sendbackupReq: 9,
  sendbackupReqDevice: 10,
  sendbackupRep: 11,
  noopReq: 12,
  noopRep: 13,
  programGnutar: 15,
  programApplicationApi: 16,
  optionsCompressFast: 17,
  optionsCompressBest: 18,
  optionsServerCompressFast: 19,
  optionsServerCompressBest: 20,
  optionsNoRecord: 21,
  optionsIndex: 22,
  optionsExcludeFile: 23,
  optionsExcludeList: 24,
  optionsMultipleExclude: 25,
  optionsOptionalExclude: 26,
  optionsIncludeFile: 27,
  optionsIncludeList: 28,
  optionsMultipleInclude: 29,
  optionsOptionalInclude: 30,
  reqOptionsMaxdumps: 34,
  reqOptionsHostname: 35,
  reqOptionsFeatures: 36,
  repOptionsMaxdumps: 37,
  repOptionsHostname: 38,
  repOptionsFeatures: 39,
  partialEstimate: 52,
  optionsCompressCustom: 57,
  optionsServerCompressCustom: 58,
  optionsEncryptCustom: 59,
  optionsEncryptServerCustom: 60,
  optionsClientDecryptOption: 61,
  optionsServerDecryptOption: 62,
  interfaceQuotedText: 68,
  reqOptionsConfig: 78,
  repSendsizeQuotedError: 79,
  reqXml: 80,
  xmlEstimate: 84,
  xmlPropertyPriority: 85,
  sendsizeRepWarning: 86,
  xmlEstimateList: 87,
  xmlLevelServer: 88,
  xmlDataPath: 89,
  sendbackupNoop: 92,
  dumptypeProperty: 100,
  sendbackupCrc: 102,
  sendbackupRetry: 109,
  sendbackupRetryDelay: 110,
  sendbackupRetryLevel: 111,
  sendbackupRetryMessage: 112,
  selfcheckMessage: 113,
  sendbackupRepRetry: 116,
  sendbackupStreamState: 117,
  restoreDataSend: 137,
  restoreDataReady: 138,
  restoreInclude: 142,
  restorePrevNextLevel: 146,
  reqOptionsTimestamp: 148,
} as const

export type Feature = keyof typeof FEATURE_BITS

/** Immutable. */
export class FeatureSet {
  readonly #bits: ReadonlySet<number>

  constructor(bits: Iterable<number>) {
    this.#bits = new Set(bits)
  }

  has(feature: Feature): boolean {
    return this.#bits.has(FEATURE_BITS[feature])
  }

  /** The text form, as long as the highest bit needs. */
  format(): string {
    const highest = Math.max(0, ...this.#bits)
    const bytes = Buffer.alloc((highest >> 3) + 1)
    for (const bit of this.#bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7))
    return bytes.toString('hex')
  }
}

/** Longer sets are cut: no Amanda has more than 20 bytes. */
const FEATURE_BYTES_MAX = 64

/** A set from its text form; undefined when it is none. An odd last digit is dropped, as Amanda does. */
export function parseFeatures(text: string): FeatureSet | undefined {
  if (text === '' || /[^0-9a-fA-F]/.test(text)) return undefined
  const bytes = Buffer.from(text.slice(0, Math.min(text.length & ~1, FEATURE_BYTES_MAX * 2)), 'hex')
  const bits: number[] = []
  for (const [index, byte] of bytes.entries()) for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) bits.push(index * 8 + bit)
  return new FeatureSet(bits)
}

/** Not ours yet although the numbers are known: replies carry neither of these, data goes through the session only. */
const NOT_CLAIMED: readonly Feature[] = ['repOptionsMaxdumps', 'repOptionsHostname']

export const OUR_FEATURES = new FeatureSet(
  Object.entries(FEATURE_BITS).flatMap(([name, bit]) => (NOT_CLAIMED.some((feature) => feature === name) ? [] : [bit])),
)

/** What a peer that sends no set understands. */
export const DEFAULT_FEATURES = parseFeatures('34cbfe811e0100000000000000000000000000') ?? new FeatureSet([])
