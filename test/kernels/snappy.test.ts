import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import snappy from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import {
  createSnappyCodec,
  snappyKernelIsActive,
  snappyKernelReason,
} from '../../src/kernels/snappy.ts'
import type { SnappyBlock, SnappyCodec } from '../../src/kernels/snappy-codec.ts'
import { compileSnappy, SnappyKernel } from '../../src/kernels/snappy-kernel.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { snappyWasmText } from '../../src/kernels/wasm-text.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tsdbTool } from '../tool/tsdb-tool.ts'
import { Random } from '../tsdb/chunk/chunk-series.ts'
import { damaged, snappyInput } from './snappy-inputs.ts'

const lengthMax = 1 << 25
const codecs: readonly (readonly [string, SnappyCodec])[] = [
  ['kernel', createSnappyCodec()],
  ['twin', snappyTwin],
]

describe('the snappy kernel', () => {
  it('is active: nothing here is about the twin alone', () => {
    expect(snappyKernelReason).toBe('')
    expect(snappyKernelIsActive).toBe(true)
    expect(createSnappyCodec()).toBeInstanceOf(SnappyKernel)
  })

  it('makes of 10,000 inputs blocks that the twin and snappyjs read, and reads theirs', () => {
    const kernel = createSnappyCodec()
    let [own, others] = [0, 0]
    for (let seed = 0; seed < 10_000; seed++) {
      const bytes = snappyInput(seed)
      const block = kernel.compress(bytes).slice()
      const theirs = snappyTwin.compress(bytes)
      own += block.length
      others += theirs.length
      const readers = [
        kernel.uncompress(block, bytes.length),
        snappyTwin.uncompress(block, bytes.length),
        snappy.uncompress(block, bytes.length),
        kernel.uncompress(theirs, bytes.length),
      ]
      const wrong = readers.findIndex((read) => Buffer.compare(read, bytes) !== 0)
      // The kernel's own answers are views of one memory: the last of them stands there.
      if (wrong > 0) expect.fail(`seed ${seed}, reader ${wrong}`)
      if (Buffer.compare(kernel.uncompress(block, bytes.length), bytes) !== 0) {
        expect.fail(`seed ${seed} does not come back`)
      }
    }
    expect(own / others).toBeLessThan(1.02)
  })

  it('of 10,000 damaged blocks it says what the twin says, byte for byte', () => {
    const kernel = createSnappyCodec()
    let refused = 0
    for (let seed = 0; seed < 10_000; seed++) {
      const bytes = snappyInput(seed % 500)
      const block = damaged(snappyTwin.compress(bytes), seed)
      const [own, twin] = [answerOf(kernel, block), answerOf(snappyTwin, block)]
      if (own !== twin) expect.fail(`seed ${seed}: ${own} is not ${twin}`)
      if (own.startsWith('snappy block')) refused++
    }
    expect(refused).toBeGreaterThan(5_000)
  })

  it('says the same of a block in pieces, whole or damaged, wherever it is cut', () => {
    const kernel = createSnappyCodec()
    for (let seed = 0; seed < 5_000; seed++) {
      const whole = snappyTwin.compress(snappyInput(seed % 500))
      const block = seed % 2 === 0 ? whole : damaged(whole, seed)
      const random = new Random(seed)
      const cuts = Array.from({ length: random.below(6) }, () => random.below(block.length + 1))
      const places = [0, ...cuts.sort((a, b) => a - b), block.length]
      const pieces = places.slice(1).map((end, at) => block.subarray(places[at], end))
      const expected = answerOf(snappyTwin, block)
      for (const codec of [kernel, snappyTwin]) {
        if (answerOf(codec, pieces) !== expected) expect.fail(`seed ${seed}, cut at ${places}`)
      }
    }
    expect(answerOf(kernel, [])).toBe(answerOf(snappyTwin, new Uint8Array(0)))
  })

  it('takes no memory for what a header declares, and no time', () => {
    const kernel = new SnappyKernel(compileSnappy(snappyWasmText ?? ''))
    kernel.uncompress(Uint8Array.of(1, 0, 0x61), 100)
    const before = kernel.memoryBytes
    for (const hex of ['808080800400', '808080800800', 'ffffffff0f00', '80808010fe0100']) {
      expect(() => kernel.uncompress(Buffer.from(hex, 'hex'), 2 ** 32)).toThrow('snappy block')
    }
    expect(kernel.memoryBytes).toBe(before)
  })

  it('a megabyte of copies that make more than is declared is refused within 20 ms', () => {
    const kernel = createSnappyCodec()
    // One literal, then copies of 64 bytes from one byte back: 22 MB of a declared 21 MB.
    const bomb = new Uint8Array(1 << 20)
    bomb.set([...varint(21 << 20), 0, 0x61])
    const start = varint(21 << 20).length + 2
    for (let at = start; at + 3 <= bomb.length; at += 3) bomb.set([0xfe, 1, 0], at)
    const refused = () => expect(() => kernel.uncompress(bomb, lengthMax)).toThrow('snappy block')
    // Once for what compiling takes; then the best of some, since others run on this machine.
    refused()
    const times = Array.from({ length: 20 }, () => cpuMsOf(refused))
    expect(Math.min(...times)).toBeLessThan(20)
  })

  it('gives memory of a large body back after some small ones', () => {
    const kernel = new SnappyKernel(compileSnappy(snappyWasmText ?? ''))
    const small = Uint8Array.of(1, 2, 3)
    const large = new Uint8Array(limits.kernelMemoryKeptBytes * 2)
    const block = kernel.compress(large).slice()
    expect(kernel.uncompress(block, large.length)).toHaveLength(large.length)
    expect(kernel.memoryBytes).toBeGreaterThan(limits.kernelMemoryKeptBytes)
    for (let call = 0; call < 64; call++) expect(kernel.compress(small)).toHaveLength(5)
    expect(kernel.memoryBytes).toBeLessThanOrEqual(limits.kernelMemoryKeptBytes)
  })

  it.skipIf(conformanceIsAbsent)('reads what real senders send', () => {
    const folder = join(conformanceDirectory, 'remote')
    const kernel = createSnappyCodec()
    for (const name of readdirSync(folder).filter((each) => /^write-v1-.*bin$/.test(each))) {
      const body = readFileSync(join(folder, name))
      expect(answerOf(kernel, body)).toBe(answerOf(snappyTwin, body))
    }
  })

  it.skipIf(peersAreAbsent)('a log that it compressed is read by the real Prometheus', async () => {
    const directory = temporaryDirectory()
    const database = await openDatabase(directory)
    fillDatabase(database, 500, 40, Math.floor(Date.now() / 1000) * 1000)
    await database.close()
    const options = { encoding: 'utf8', maxBuffer: 1 << 30 } as const
    const theirs = execFileSync(peer('promtool'), ['tsdb', 'dump', directory], options)
    expect(theirs.split('\n')).toHaveLength(500 * 40 + 1)
    expect((await tsdbTool('dump', directory)).out === theirs).toBe(true)
  })
})

describe.each(codecs)('snappy: the %s', (_, codec) => {
  it.each([
    ['declares 1 GiB', '808080800400', 'declares 1073741824 bytes, limit 1000'],
    ['declares 2 GiB', '808080800800', 'declares 2147483648 bytes, limit 1000'],
    ['declares 4 GiB', 'ffffffff0f00', 'declares 4294967295 bytes, limit 1000'],
    ['is empty', '', 'ends within its header'],
    ['has no end of its length', 'ffffffffffff', 'has no length'],
    ['declares too little', '0108616263', 'declares 1 bytes and holds 3'],
    ['declares too much', '0508616263', 'declares 5 bytes and holds 3'],
    ['declares far too much', 'e70708616263', 'declares 999 bytes and holds 3'],
    ['copies from before its beginning', '080061010000', 'copies from'],
    ['copies from nowhere', '080061010000', 'copies from 0 bytes back'],
    ['ends within a literal', '0a2461', 'ends within an element'],
    ['ends within the length of a literal', '0af461', 'ends within an element'],
    ['has a literal of 4 GiB', '0afcffffffff61', 'ends within an element'],
    ['ends within a copy', '0a006102', 'ends within an element'],
  ])('refuses a block that %s', (_name, hex, words) => {
    expect(() => codec.uncompress(Buffer.from(hex, 'hex'), 1000)).toThrow(words)
  })

  it('reads every form of literal and copy', () => {
    const literal = (length: number) => Uint8Array.from({ length }, (_each, at) => at * 7)
    for (const [length, head] of [
      [60, [59 << 2]],
      [61, [60 << 2, 60]],
      [300, [61 << 2, 43, 1]],
      [300, [62 << 2, 43, 1, 0]],
      [300, [63 << 2, 43, 1, 0, 0]],
    ] as const) {
      const block = Uint8Array.from([...varint(length), ...head, ...literal(length)])
      expect(codec.uncompress(block, 1000)).toEqual(literal(length))
    }
    for (const copy of [
      [(7 << 2) | 1, 2],
      [(10 << 2) | 2, 2, 0],
      [(10 << 2) | 3, 2, 0, 0, 0],
    ]) {
      const block = Uint8Array.from([13, 1 << 2, 0x61, 0x62, ...copy])
      expect(Buffer.from(codec.uncompress(block, 1000)).toString()).toBe(
        'abababababababa'.slice(0, 13),
      )
    }
  })

  it('a lying header costs no memory', () => {
    const refused = (hex: string) =>
      expect(() => codec.uncompress(Buffer.from(hex, 'hex'), 2 ** 31)).toThrow('snappy block')
    refused('0108616263')
    const before = process.memoryUsage().arrayBuffers
    for (let time = 0; time < 100; time++) refused('808080800400')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  })
})

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))]
}

/** The bytes in hex, or what is wrong. */
function answerOf(codec: SnappyCodec, block: SnappyBlock): string {
  try {
    return Buffer.from(codec.uncompress(block, lengthMax)).toString('hex')
  } catch (thrown) {
    return String(thrown instanceof Error ? thrown.message : thrown)
  }
}
