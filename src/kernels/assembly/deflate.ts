// DEFLATE (RFC 1951), for text in which some of each line is as in the line before and the rest is
// digits: what answers are. Matches are looked for from six bytes on, at one place each: shorter ones
// among digits take more bits than the digits do. The caller places the input in this module's memory
// with 320 bytes behind it: loads may reach that far.

/** The latest place of each hash of six bytes. */
const heads: usize = 1024
const hashBits: u64 = 13
const headsBytes: usize = 4 << 13
/** Multiplied with six bytes, its upper bits are their hash. */
const hashFactor: u64 = 0x9e3779b97f4a7c15
const matchMin: usize = 6
const matchMax: usize = 258
const distanceMax: usize = 32768
/** Each has codes of its own. */
const blockBytes: usize = 65536

/** Literals, the end of a block (256), lengths of matches; their distances from 288 on. */
const endOfBlock: u32 = 256
const lengthSymbolFirst: u32 = 257
const lengthSymbolMax: u32 = 286
const distanceFirst: u32 = 288
const distanceSymbolMax: u32 = 30
const allSymbols: u32 = 320
/** Codes of so many bits at most go into the bit buffer four at a time. */
const codeBitsMax: u32 = 12

/** How often each symbol is used: for even and for odd places of literals. */
const counts: usize = heads + headsBytes
const oddCounts: usize = counts + allSymbols * 4
/** How many bits the code of each symbol has. */
const widths: usize = oddCounts + allSymbols * 4
/** By symbol: its code, the first bit lowest, and from bit 16 on how many bits it has. */
const codes: usize = widths + allSymbols
/** By length of a match: code and extra bits, and from bit 24 on how many bits they are. */
const lengthCodes: usize = codes + allSymbols * 4
/** By length of a match: its symbol, less lengthSymbolFirst. */
const lengthSymbols: usize = lengthCodes + (matchMax + 1) * 4 + 4
/** By symbol of a length: the least length. */
const lengthBases: usize = lengthSymbols + matchMax + 2
/** For makeCodes: counts of symbols in order, the symbols, how many codes have so many bits. */
const weights: usize = lengthBases + 64
const ordered: usize = weights + allSymbols * 4
const perWidth: usize = ordered + allSymbols * 2
const nextCodes: usize = perWidth + 64 * 4
/** Of the widths as a block's head has them: symbols and extra bits in turn; counts and codes. */
const headTokens: usize = nextCodes + 64 * 4
const headCounts: usize = headTokens + allSymbols * 2
const headWidths: usize = headCounts + 19 * 4
const headCodes: usize = headWidths + 20
const headSymbols: u32 = 19
const headBitsMax: u32 = 7
/** In which order a block's head has the widths of its own codes. */
const headOrder: usize = headCodes + 19 * 4
/** Of each match: literals before it, then length and distance; the last one has only literals. */
const matches: usize = 65536

/** Once, before the first call. */
export function init(): void {
  let length: u32 = 3
  for (let symbol: u32 = 0; symbol < 28; symbol++) {
    store<u16>(lengthBases + (symbol << 1), <u16>length)
    const end = length + (1 << lengthExtra(symbol))
    for (; length < end; length++) store<u8>(lengthSymbols + length, <u8>symbol)
  }
  // The longest has a symbol of its own.
  store<u16>(lengthBases + (28 << 1), 258)
  store<u8>(lengthSymbols + 258, 28)
  // 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15
  store<u64>(headOrder, 0x0609070800121110)
  store<u64>(headOrder, 0x020d030c040b050a, 8)
  store<u32>(headOrder, 0x000f010e, 16)
}

/** How many extra bits a length has, by its symbol. */
// @ts-ignore: decorator
@inline
function lengthExtra(symbol: u32): u32 {
  return symbol < 8 || symbol == 28 ? 0 : (symbol >> 2) - 1
}

/** The bits that are not written yet, and where they go. */
let buffer: u64 = 0
let bits: u64 = 0
let out: usize = 0

// @ts-ignore: decorator
@inline
function put(value: u64, width: u64): void {
  buffer |= value << bits
  bits += width
  store<u64>(out, buffer)
  out += <usize>(bits >> 3)
  buffer >>= bits & 56
  bits &= 7
}

/**
 * Compresses what stands from `source` to `end` and writes it to `target`; answers where it ends.
 * What is not the last ends at a whole byte, so that more may follow.
 */
export function deflate(source: usize, end: usize, target: usize, isLast: u32): usize {
  memory.fill(heads, 0, headsBytes)
  buffer = 0
  bits = 0
  out = target
  let from = source
  do {
    const blockEnd = end - from > blockBytes ? from + blockBytes : end
    const isFinal: u32 = blockEnd == end ? isLast : 0
    writeBlock(from, blockEnd, isFinal)
    from = blockEnd
  } while (from < end)
  if (isLast == 0) {
    // A stored block of nothing.
    put(0, 3)
    if (bits > 0) put(0, 8 - bits)
    put(0xffff0000, 32)
  } else if (bits > 0) put(0, 8 - bits)
  return out
}

function writeBlock(from: usize, end: usize, isFinal: u32): void {
  memory.fill(counts, 0, allSymbols * 8)
  const matchesEnd = findMatches(from, end)
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const at = counts + (symbol << 2)
    store<u32>(at, load<u32>(at) + load<u32>(oddCounts + (symbol << 2)))
  }
  store<u32>(counts + (endOfBlock << 2), 1)
  makeCodes(counts, lengthSymbolMax, codeBitsMax, widths, codes)
  const distances = distanceFirst << 2
  makeCodes(counts + distances, distanceSymbolMax, codeBitsMax, widths + distanceFirst, codes + distances)
  put(isFinal | 4, 3)
  writeHead()
  for (let length: u32 = 3; length <= <u32>matchMax; length++) {
    const symbol = <u32>load<u8>(lengthSymbols + length)
    const code = load<u32>(codes + ((lengthSymbolFirst + symbol) << 2))
    const extra = length - <u32>load<u16>(lengthBases + (symbol << 1))
    const width = code >> 16
    const all = (code & 0xffff) | (extra << width) | ((width + lengthExtra(symbol)) << 24)
    store<u32>(lengthCodes + (length << 2), all)
  }
  writeMatches(from, matchesEnd)
  const code = load<u32>(codes + (endOfBlock << 2))
  put(code & 0xffff, code >> 16)
}

/** Finds matches and counts symbols; answers where the matches end. */
function findMatches(from: usize, end: usize): usize {
  let match = matches
  let literals = from
  let at = from
  while (at + 8 <= end) {
    const word = load<u64>(at)
    const head = heads + (<usize>(((word << 16) * hashFactor) >> (64 - hashBits)) << 2)
    const before = <usize>load<u32>(head)
    store<u32>(head, at)
    let difference = load<u64>(before) ^ word
    if ((difference << 16) != 0 || at - before > distanceMax) {
      at++
      continue
    }
    let length: usize = 0
    const most = min(matchMax, end - at)
    while (difference == 0) {
      length += 8
      if (length >= most) break
      difference = load<u64>(before + length) ^ load<u64>(at + length)
    }
    length = difference == 0 ? most : min(length + (<usize>ctz(difference) >> 3), most)
    countLiterals(literals, at)
    const distance = at - before
    store<u32>(match, at - literals)
    store<u32>(match, (length << 16) | (distance - 1), 4)
    match += 8
    increment(lengthSymbolFirst + <u32>load<u8>(lengthSymbols + length))
    increment(distanceFirst + distanceSymbol(<u32>distance - 1))
    at += length
    literals = at
  }
  countLiterals(literals, end)
  store<u32>(match, end - literals)
  return match
}

// @ts-ignore: decorator
@inline
function increment(symbol: u32): void {
  const at = counts + (symbol << 2)
  store<u32>(at, load<u32>(at) + 1)
}

function countLiterals(from: usize, end: usize): void {
  let at = from
  for (; at + 2 <= end; at += 2) {
    const even = counts + (<usize>load<u8>(at) << 2)
    store<u32>(even, load<u32>(even) + 1)
    const odd = oddCounts + (<usize>load<u8>(at, 1) << 2)
    store<u32>(odd, load<u32>(odd) + 1)
  }
  if (at < end) increment(load<u8>(at))
}

/** The symbol of a distance, of which one is taken away. */
// @ts-ignore: decorator
@inline
function distanceSymbol(distance: u32): u32 {
  if (distance < 4) return distance
  const highest: u32 = 31 - clz(distance)
  return (highest << 1) | ((distance >> (highest - 1)) & 1)
}

function writeMatches(from: usize, matchesEnd: usize): void {
  let at = from
  let pending = buffer
  let width = bits
  let to = out
  for (let match = matches; ; match += 8) {
    const literalsEnd = at + load<u32>(match)
    for (; at + 4 <= literalsEnd; at += 4) {
      const word = load<u32>(at)
      const a = load<u32>(codes + ((word & 0xff) << 2))
      const b = load<u32>(codes + (((word >> 8) & 0xff) << 2))
      const c = load<u32>(codes + (((word >> 16) & 0xff) << 2))
      const d = load<u32>(codes + ((word >> 24) << 2))
      pending |= <u64>(a & 0xffff) << width
      width += a >> 16
      pending |= <u64>(b & 0xffff) << width
      width += b >> 16
      pending |= <u64>(c & 0xffff) << width
      width += c >> 16
      pending |= <u64>(d & 0xffff) << width
      width += d >> 16
      store<u64>(to, pending)
      to += <usize>(width >> 3)
      pending >>= width & 56
      width &= 7
    }
    for (; at < literalsEnd; at++) {
      const code = load<u32>(codes + (<usize>load<u8>(at) << 2))
      pending |= <u64>(code & 0xffff) << width
      width += code >> 16
    }
    store<u64>(to, pending)
    to += <usize>(width >> 3)
    pending >>= width & 56
    width &= 7
    if (match == matchesEnd) break
    const both = load<u32>(match, 4)
    const length = both >> 16
    const lengthCode = load<u32>(lengthCodes + (length << 2))
    pending |= <u64>(lengthCode & 0xffffff) << width
    width += lengthCode >> 24
    const distance = both & 0xffff
    const symbol = distanceSymbol(distance)
    const code = load<u32>(codes + ((distanceFirst + symbol) << 2))
    pending |= <u64>(code & 0xffff) << width
    width += code >> 16
    if (symbol >= 4) {
      const extra: u32 = (symbol >> 1) - 1
      pending |= <u64>(distance & ((1 << extra) - 1)) << width
      width += extra
    }
    store<u64>(to, pending)
    to += <usize>(width >> 3)
    pending >>= width & 56
    width &= 7
    at += length
  }
  buffer = pending
  bits = width
  out = to
}

/** The widths of all codes, in codes of their own (RFC 1951, 3.2.7). */
function writeHead(): void {
  let literals = lengthSymbolMax
  while (load<u8>(widths + literals - 1) == 0) literals--
  let distances = distanceSymbolMax
  while (load<u8>(widths + distanceFirst + distances - 1) == 0) distances--
  // One list: lengths of runs go on from the first to the second.
  memory.copy(widths + literals, widths + distanceFirst, distances)
  memory.fill(headCounts, 0, headSymbols * 4)
  const tokensEnd = findRuns(widths, widths + literals + distances)
  makeCodes(headCounts, headSymbols, headBitsMax, headWidths, headCodes)
  let sizes = headSymbols
  while (load<u8>(headWidths + load<u8>(headOrder + sizes - 1)) == 0) sizes--
  put(literals - 257, 5)
  put(distances - 1, 5)
  put(sizes - 4, 4)
  for (let at: u32 = 0; at < sizes; at++) put(load<u8>(headWidths + load<u8>(headOrder + at)), 3)
  for (let token = headTokens; token < tokensEnd; token += 2) {
    const symbol = <u32>load<u8>(token)
    const code = load<u32>(headCodes + (symbol << 2))
    put(code & 0xffff, code >> 16)
    if (symbol == 16) put(load<u8>(token, 1), 2)
    else if (symbol == 17) put(load<u8>(token, 1), 3)
    else if (symbol == 18) put(load<u8>(token, 1), 7)
  }
}

/** Widths as the head has them: 16 repeats the one before 3 to 6 times, 17 and 18 are many zeros. */
function findRuns(from: usize, end: usize): usize {
  let token = headTokens
  for (let at = from; at < end; ) {
    const width = load<u8>(at)
    let run: usize = 1
    while (at + run < end && load<u8>(at + run) == width) run++
    at += run
    if (width != 0) {
      token = addToken(token, width, 0)
      run--
    }
    const least: usize = width != 0 ? 3 : 11
    const most: usize = width != 0 ? 6 : 138
    while (run >= least) {
      const part = min(run, most)
      token = addToken(token, width != 0 ? 16 : 18, <u8>(part - least))
      run -= part
    }
    if (width == 0 && run >= 3) {
      token = addToken(token, 17, <u8>(run - 3))
      run = 0
    }
    for (; run > 0; run--) token = addToken(token, width, 0)
  }
  return token
}

function addToken(token: usize, symbol: u8, extra: u8): usize {
  store<u8>(token, symbol)
  store<u8>(token, extra, 1)
  const at = headCounts + (<usize>symbol << 2)
  store<u32>(at, load<u32>(at) + 1)
  return token + 2
}

/** Huffman codes of at most `widthMax` bits for the symbols that are counted; at least two have one. */
function makeCodes(countsOf: usize, symbols: u32, widthMax: u32, widthsOf: usize, codesOf: usize): void {
  let used = order(countsOf, symbols)
  for (let symbol: u32 = 0; used < 2; symbol++) {
    const at = countsOf + (symbol << 2)
    if (load<u32>(at) > 0) continue
    store<u32>(at, 1)
    used = order(countsOf, symbols)
  }
  findDepths(used)
  memory.fill(perWidth, 0, 64 * 4)
  for (let at: u32 = 0; at < used; at++) {
    const place = perWidth + (load<u32>(weights + (at << 2)) << 2)
    store<u32>(place, load<u32>(place) + 1)
  }
  shorten(load<u32>(weights), widthMax)
  memory.fill(widthsOf, 0, symbols)
  // Those that are used least have the longest ones.
  let at = ordered
  for (let width = widthMax; width > 0; width--) {
    for (let left = load<u32>(perWidth + (width << 2)); left > 0; left--) {
      store<u8>(widthsOf + load<u16>(at), <u8>width)
      at += 2
    }
  }
  let next: u32 = 0
  for (let width: u32 = 1; width <= widthMax; width++) {
    store<u32>(nextCodes + (width << 2), next)
    next = (next + load<u32>(perWidth + (width << 2))) << 1
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const width = <u32>load<u8>(widthsOf + symbol)
    const place = nextCodes + (width << 2)
    const code = load<u32>(place)
    store<u32>(place, code + 1)
    store<u32>(codesOf + (symbol << 2), width == 0 ? 0 : reversed(code, width) | (width << 16))
  }
}

/** Puts the symbols that are used in the order of their counts, and the counts; answers how many. */
function order(countsOf: usize, symbols: u32): u32 {
  let used: u32 = 0
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const count = load<u32>(countsOf + (symbol << 2))
    if (count == 0) continue
    let at = used++
    for (; at > 0 && load<u32>(weights + ((at - 1) << 2)) > count; at--) {
      store<u32>(weights + (at << 2), load<u32>(weights + ((at - 1) << 2)))
      store<u16>(ordered + (at << 1), load<u16>(ordered + ((at - 1) << 1)))
    }
    store<u32>(weights + (at << 2), count)
    store<u16>(ordered + (at << 1), <u16>symbol)
  }
  return used
}

// @ts-ignore: decorator
@inline
function weightAt(index: i32): u32 {
  return load<u32>(weights + (<usize>index << 2))
}

// @ts-ignore: decorator
@inline
function setWeight(index: i32, value: u32): void {
  store<u32>(weights + (<usize>index << 2), value)
}

/**
 * Makes depths in a Huffman tree of the weights, which rise, in their own place: Moffat and
 * Katajainen, "In-Place Calculation of Minimum-Redundancy Codes". The depths fall.
 */
function findDepths(used: i32): void {
  // Inner nodes take the place of weights that are in the tree; of their own weights then parents.
  let leaf = 0
  let node = 0
  for (let next = 0; next < used - 1; next++) {
    let sum: u32 = 0
    for (let child = 0; child < 2; child++) {
      if (leaf >= used || (node < next && weightAt(node) < weightAt(leaf))) {
        sum += weightAt(node)
        setWeight(node++, <u32>next)
      } else sum += weightAt(leaf++)
    }
    setWeight(next, sum)
  }
  setWeight(used - 2, 0)
  for (let at = used - 3; at >= 0; at--) setWeight(at, weightAt(<i32>weightAt(at)) + 1)
  // How many leaves there are at each depth follows from how many inner nodes there are.
  let places: i32 = 1
  let depth: u32 = 0
  let inner = used - 2
  let at = used - 1
  while (places > 0) {
    let taken = 0
    for (; inner >= 0 && weightAt(inner) == depth; inner--) taken++
    for (; places > taken; places--) setWeight(at--, depth)
    places = taken << 1
    depth++
  }
}

/**
 * Leaves no code longer than `widthMax`: of two of the longest one takes the place of the node above
 * them, the other a place beside a shorter code, which becomes longer by one.
 */
function shorten(longest: u32, widthMax: u32): void {
  for (let width = longest; width > widthMax; width--) {
    const deep = perWidth + (width << 2)
    while (load<u32>(deep) > 0) {
      let shorter = width - 2
      while (load<u32>(perWidth + (shorter << 2)) == 0) shorter--
      const place = perWidth + (shorter << 2)
      store<u32>(place, load<u32>(place) - 1)
      store<u32>(place, load<u32>(place, 4) + 2, 4)
      store<u32>(deep, load<u32>(deep) - 2)
      store<u32>(deep - 4, load<u32>(deep - 4) + 1)
    }
  }
}

/** Its bits the other way round. */
function reversed(code: u32, width: u32): u32 {
  let result: u32 = 0
  for (let left = width; left > 0; left--) {
    result = (result << 1) | ((code >> (width - left)) & 1)
  }
  return result
}
