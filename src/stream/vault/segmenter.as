// Where a segment ends (AssemblyScript; built by scripts/segmenter-build.ts, the same in plain TypeScript: segmenter-scalar.ts). 16 positions at a time: a cheap hash of the
// 8 bytes before each; what passes is judged by a hash of 64 bytes. A position that is judged and does not pass shadows the 63 behind it, so that no input costs
// more than one judgement for 64 bytes.

/** `k`: 4 words to start with, 16 factors, 4 factors (all secret). */
// @ts-ignore: decorator
@inline function judged(p: usize, k: usize): u32 {
  let a: v128 = v128.load(k)
  a = i32x4.mul(v128.xor(v128.xor(a, i32x4.shr_u(a, 15)), v128.load(p - 64)), v128.load(k, 16))
  a = i32x4.mul(v128.xor(v128.xor(a, i32x4.shr_u(a, 15)), v128.load(p - 48)), v128.load(k, 32))
  a = i32x4.mul(v128.xor(v128.xor(a, i32x4.shr_u(a, 15)), v128.load(p - 32)), v128.load(k, 48))
  a = i32x4.mul(v128.xor(v128.xor(a, i32x4.shr_u(a, 15)), v128.load(p - 16)), v128.load(k, 64))
  let h: u32 = i32x4.extract_lane(a, 0)
  h = (h ^ (h >> 16)) * load<u32>(k, 80) + <u32>i32x4.extract_lane(a, 1)
  h = (h ^ (h >> 15)) * load<u32>(k, 84) + <u32>i32x4.extract_lane(a, 2)
  h = (h ^ (h >> 16)) * load<u32>(k, 88) + <u32>i32x4.extract_lane(a, 3)
  h = (h ^ (h >> 16)) * load<u32>(k, 92)
  return h ^ (h >> 15)
}

/** The first cut in [from, end), or 0. 64 bytes before `from` are of the segment. Before `normal` a judgement has to be below `early`, from there on below `late`. */
export function cut(from: usize, end: usize, normal: usize, k: usize, factor: i32, limit: u32, early: u32, late: u32): usize {
  const factors = i32x4.splat(factor)
  const limits = i32x4.splat(limit)
  let p = from
  while (p + 16 <= end) {
    const m0 = i32x4.lt_u(i32x4.mul(i32x4.add(v128.load(p - 8), i32x4.shl(v128.load(p - 4), 1)), factors), limits)
    const m1 = i32x4.lt_u(i32x4.mul(i32x4.add(v128.load(p - 7), i32x4.shl(v128.load(p - 3), 1)), factors), limits)
    const m2 = i32x4.lt_u(i32x4.mul(i32x4.add(v128.load(p - 6), i32x4.shl(v128.load(p - 2), 1)), factors), limits)
    const m3 = i32x4.lt_u(i32x4.mul(i32x4.add(v128.load(p - 5), i32x4.shl(v128.load(p - 1), 1)), factors), limits)
    if (!v128.any_true(v128.or(v128.or(m0, m1), v128.or(m2, m3)))) {
      p += 16
      continue
    }
    const b0 = i32x4.bitmask(m0)
    const b1 = i32x4.bitmask(m1)
    const b2 = i32x4.bitmask(m2)
    const b3 = i32x4.bitmask(m3)
    let offset: i32 = 0
    for (; offset < 16; offset++) {
      const lane = offset & 3
      const bits = lane == 0 ? b0 : lane == 1 ? b1 : lane == 2 ? b2 : b3
      if ((bits >> (offset >> 2)) & 1) break
    }
    p += offset
    if (judged(p, k) < (p < normal ? early : late)) return p
    p += 64
  }
  while (p < end) {
    if (<u32>((load<i32>(p - 8) + (load<i32>(p - 4) << 1)) * factor) >= limit) {
      p++
      continue
    }
    if (judged(p, k) < (p < normal ? early : late)) return p
    p += 64
  }
  return 0
}
