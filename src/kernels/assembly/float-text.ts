// Samples of JSON answers, `[seconds,"value"],...`: the shortest digits that read back as the same
// float, by Raffaello Giulietti's "The Schubfach way to render doubles" (2021), in the form that
// promql/encode/float-bytes.ts, the twin, describes. Nothing here grows or is kept between calls.

/** 10^k for k from powerMin to powerMax: the upper 128 bits, rounded up, as high and low word. */
const powers: usize = 1024
const powerMin: i32 = -292
const powerMax: i32 = 324
/** A whole number of this many words of 32 bits, the lowest first, while the powers are made. */
const bigNumber: usize = 11264
const bigWords: i32 = 46
/** Words at its lower end that stay zero, so that 128 bits and more stand below any first word. */
const guardWords: i32 = 5

/** What `decimal` found: the value is digits * 10^exponent. */
let digits: u64 = 0
let exponent: i32 = 0

/** Once, before anything is written. */
export function init(): void {
  memory.fill(bigNumber, 0, bigWords << 2)
  setWord(guardWords, 1)
  for (let power = 0; power <= powerMax; power++) {
    keepPower(power)
    let carry: u64 = 0
    for (let index = guardWords; index < bigWords; index++) {
      carry += <u64>word(index) * 10
      setWord(index, <u32>carry)
      carry >>>= 32
    }
  }
  // Rounded down again and again it is what it would be rounded down once.
  memory.fill(bigNumber, 0, bigWords << 2)
  setWord(bigWords - 1, 0x80000000)
  for (let power = -1; power >= powerMin; power--) {
    let rest: u64 = 0
    for (let index = bigWords - 1; index >= guardWords; index--) {
      rest = (rest << 32) | word(index)
      setWord(index, <u32>(rest / 10))
      rest %= 10
    }
    keepPower(power)
  }
}

function word(index: i32): u32 {
  return load<u32>(bigNumber + (<usize>index << 2))
}

function setWord(index: i32, value: u32): void {
  store<u32>(bigNumber + (<usize>index << 2), value)
}

/** Below one a power is never whole: what is missing behind the last bit rounds it up. */
function keepPower(power: i32): void {
  let top = bigWords - 1
  while (word(top) == 0) top--
  const shift: u64 = clz(word(top))
  const upper = (<u64>word(top) << 32) | word(top - 1)
  const middle = (<u64>word(top - 2) << 32) | word(top - 3)
  const lower = <u64>word(top - 4) << 32
  let high = upper << shift
  let low = middle << shift
  if (shift > 0) {
    high |= middle >>> (64 - shift)
    low |= lower >>> (64 - shift)
  }
  let isMore = power < 0 || lower << shift != 0
  for (let index = top - 5; index >= 0 && !isMore; index--) isMore = word(index) != 0
  if (isMore) {
    low++
    if (low == 0) high++
  }
  const place = powers + (<usize>(power - powerMin) << 4)
  store<u64>(place, high)
  store<u64>(place, low, 8)
}

/**
 * Writes `[seconds,"value"],...` of `count` times (doubles of whole milliseconds) and values, and
 * answers the end.
 */
export function points(times: usize, values: usize, count: i32, out: usize): usize {
  let end = out
  let last: u64 = 0
  let lastStart: usize = 0
  let lastEnd: usize = 0
  for (let index: usize = 0; index < <usize>count; index++) {
    if (index > 0) store<u8>(end++, 0x2c)
    store<u8>(end++, 0x5b)
    end = writeSeconds(<i64>load<f64>(times + (index << 3)), end)
    store<u16>(end, 0x222c)
    end += 2
    const bits = load<u64>(values + (index << 3))
    const start = end
    if (bits == last && lastEnd > 0) {
      memory.copy(end, lastStart, lastEnd - lastStart)
      end += lastEnd - lastStart
    } else {
      end = writeValue(reinterpret<f64>(bits), end)
    }
    last = bits
    lastStart = start
    lastEnd = end
    store<u16>(end, 0x5d22)
    end += 2
  }
  return end
}

function writeSeconds(timeMs: i64, at: usize): usize {
  let end = at
  if (timeMs < 0) store<u8>(end++, 0x2d)
  const absolute: u64 = timeMs < 0 ? -timeMs : timeMs
  const whole = absolute / 1000
  const fraction = <u32>(absolute - whole * 1000)
  end = writeWhole(whole, end)
  if (fraction == 0) return end
  store<u8>(end, 0x2e)
  writeDigits(fraction, end + 1, 3)
  return end + 4
}

function writeValue(value: f64, at: usize): usize {
  if (value != value) {
    store<u32>(at, 0x004e614e)
    return at + 3
  }
  const bits = reinterpret<u64>(value)
  const isNegative = <i64>bits < 0
  const absolute = abs(value)
  if (absolute == Infinity) {
    store<u32>(at, isNegative ? 0x666e492d : 0x666e492b)
    return at + 4
  }
  let end = at
  if (isNegative) store<u8>(end++, 0x2d)
  if (absolute < 9007199254740992.0 && trunc(absolute) == absolute) {
    return writeWhole(<u64>absolute, end)
  }
  if (absolute < 1e9) {
    // At most 15 digits: no two such numbers have the same nearest float.
    const thousandths = nearest(absolute * 1e3)
    if (thousandths > 0 && thousandths / 1e3 == absolute) {
      return writeDecimal(<u64>thousandths, -3, end)
    }
    const millionths = nearest(absolute * 1e6)
    if (millionths > 0 && millionths / 1e6 == absolute) {
      return writeDecimal(<u64>millionths, -6, end)
    }
  }
  decimal(bits & 0x7fffffffffffffff)
  return writeDecimal(digits, exponent, end)
}

/** The shortest decimal within the interval that rounds to a float, and of those the nearest. */
function decimal(bits: u64): void {
  const fraction = bits & 0xfffffffffffff
  const biased = <i32>(bits >>> 52)
  const c: u64 = biased == 0 ? fraction : fraction | 0x10000000000000
  const q = biased == 0 ? -1074 : biased - 1075
  // Next to a power of two the neighbour below is only half as far.
  const isCloserBelow = fraction == 0 && biased > 1
  const isOdd = c & 1
  // floor(log10(2^q)), of three quarters of it where the neighbour is closer.
  const k = (q * 1262611 - (isCloserBelow ? 524031 : 0)) >> 22
  const shift: u64 = <u64>(q + ((-k * 1741647) >> 19) + 1)
  const place = powers + (<usize>(-k - powerMin) << 4)
  const high = load<u64>(place)
  const low = load<u64>(place, 8)
  const lower = scaled(high, low, (4 * c - 2 + <u64>isCloserBelow) << shift) + isOdd
  const middle = scaled(high, low, (4 * c) << shift)
  const upper = scaled(high, low, (4 * c + 2) << shift) - isOdd
  const s = middle >>> 2
  exponent = k
  if (s >= 10) {
    const tens = s / 10
    const isBelowIn = lower <= tens * 40
    const isAboveIn = tens * 40 + 40 <= upper
    if (isBelowIn != isAboveIn) {
      digits = tens + <u64>isAboveIn
      exponent = k + 1
      return
    }
  }
  const isBelowIn = lower <= s * 4
  const isAboveIn = s * 4 + 4 <= upper
  if (isBelowIn != isAboveIn) {
    digits = s + <u64>isAboveIn
    return
  }
  const half = s * 4 + 2
  const isUp = middle > half || (middle == half && (s & 1) != 0)
  digits = s + <u64>isUp
}

/** The upper 64 bits of a power times a number, the last of them set where anything is below. */
function scaled(high: u64, low: u64, factor: u64): u64 {
  const below = highProduct(low, factor)
  const middle = high * factor + below
  const above = highProduct(high, factor) + <u64>(middle < below)
  return above | <u64>(middle > 1)
}

/** The upper half of the product of two words. */
function highProduct(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff
  const a1 = a >>> 32
  const b0 = b & 0xffffffff
  const b1 = b >>> 32
  const cross = a1 * b0 + ((a0 * b0) >>> 32)
  const other = a0 * b1 + (cross & 0xffffffff)
  return a1 * b1 + (cross >>> 32) + (other >>> 32)
}

/** digits * 10^power, which is not 0, without zeros behind its last digit. */
function writeDecimal(number: u64, power: i32, at: usize): usize {
  let rest = number
  let last = power
  if (rest >= 100000000) {
    const upper = rest / 100000000
    if (upper * 100000000 == rest) {
      rest = upper
      last += 8
    }
  }
  for (let tenth = rest / 10; tenth * 10 == rest; tenth = rest / 10) {
    rest = tenth
    last++
  }
  const length = lengthOf(rest)
  const whole = length + last
  if (whole < -5 || whole > 21) return writeExponent(rest, length, whole - 1, at)
  if (whole <= 0) {
    store<u16>(at, 0x2e30)
    const zeros = <usize>-whole
    memory.fill(at + 2, 0x30, zeros)
    writeDigits(rest, at + 2 + zeros, length)
    return at + 2 + zeros + length
  }
  if (whole >= length) {
    writeDigits(rest, at, length)
    memory.fill(at + length, 0x30, whole - length)
    return at + whole
  }
  writeDigits(rest, at + 1, length)
  memory.copy(at, at + 1, whole)
  store<u8>(at + whole, 0x2e)
  return at + length + 1
}

/** Two digits of the exponent at least, as Go writes it. */
function writeExponent(number: u64, length: i32, power: i32, at: usize): usize {
  let end = at
  writeDigits(number, at + 1, length)
  store<u8>(at, load<u8>(at, 1))
  end++
  if (length > 1) {
    store<u8>(end, 0x2e)
    end += length
  }
  store<u8>(end++, 0x65)
  store<u8>(end++, power < 0 ? 0x2d : 0x2b)
  const size = <u32>(power < 0 ? -power : power)
  const sizeLength = size >= 100 ? 3 : 2
  writeDigits(size, end, sizeLength)
  return end + sizeLength
}

function writeWhole(value: u64, at: usize): usize {
  const length = lengthOf(value)
  writeDigits(value, at, length)
  return at + length
}

/** The lowest `length` digits, with zeros in front. */
function writeDigits(value: u64, at: usize, length: i32): void {
  let end = at + length
  let rest = value
  while (rest > 0xffffffff) {
    const upper = rest / 100000000
    let lower = <u32>(rest - upper * 100000000)
    for (let pair = 0; pair < 4; pair++) {
      const hundredth = lower / 100
      end -= 2
      writePair(lower - hundredth * 100, end)
      lower = hundredth
    }
    rest = upper
  }
  let small = <u32>rest
  while (end >= at + 2) {
    const hundredth = small / 100
    end -= 2
    writePair(small - hundredth * 100, end)
    small = hundredth
  }
  if (end > at) store<u8>(at, 0x30 + (small % 10))
}

function writePair(value: u32, at: usize): void {
  const ten = value / 10
  store<u16>(at, 0x3030 + ten + ((value - ten * 10) << 8))
}

function lengthOf(value: u64): i32 {
  let length = 1
  let bound: u64 = 10
  while (value >= bound && length < 20) {
    bound *= 10
    length++
  }
  return length
}
