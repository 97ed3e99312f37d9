import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { deflated, deflateKernel, deflateKernelReason } from '../../src/kernels/deflate.ts'
import { deflateBytesMax } from '../../src/kernels/deflate-kernel.ts'
import { snappyInput } from './snappy-inputs.ts'

const kernel = deflateKernel
if (kernel === undefined) throw new Error(`no deflate kernel: ${deflateKernelReason}`)

function expectWhole(bytes: Uint8Array, stream: readonly Uint8Array[], words: string): void {
  if (!inflateRawSync(Buffer.concat(stream)).equals(bytes)) expect.fail(words)
}

/** A matrix of gauges, rates and counters in turn. */
function answer(series: number, steps: number): Uint8Array {
  const random = seededRandom(20_281)
  const texts = Array.from({ length: series }, (_none, at) => {
    const points = Array.from({ length: steps }, (_point, step) => {
      const value = [Math.round(random() * 1e8) / 1e3, random() / 3, step * 37 + at][at % 3]
      return `[${1_795_322_655 + step * 15},"${value}"]`
    })
    const labels = `"__name__":"http_requests_total","instance":"host-${at}:9100","job":"app"`
    return `{"metric":{${labels}},"values":[${points.join(',')}]}`
  })
  return new TextEncoder().encode(`{"status":"success","data":{"result":[${texts.join(',')}]}}`)
}

describe('the deflate kernel', () => {
  it('makes of 5,000 inputs streams that zlib reads', () => {
    for (let seed = 0; seed < 5_000; seed++) {
      const bytes = snappyInput(seed)
      expectWhole(bytes, deflated(bytes, true), `seed ${seed}`)
    }
  })

  it('makes of parts, one behind the other, one stream', () => {
    const random = seededRandom(20_282)
    const bytes = answer(40, 400)
    for (let run = 0; run < 50; run++) {
      const stream: Uint8Array[] = []
      for (let from = 0; from < bytes.length; ) {
        const end = Math.min(bytes.length, from + Math.floor(random() ** 3 * 300_000))
        stream.push(...deflated(bytes.subarray(from, end), end === bytes.length))
        from = end
      }
      expectWhole(bytes, stream, `run ${run}`)
    }
    const ended = [...deflated(bytes, false), ...deflated(new Uint8Array(0), true)]
    expectWhole(bytes, ended, 'with an end that is empty')
  })

  it('reads no byte behind its input, whatever stood there before', () => {
    const long = new Uint8Array(70_000).fill(0x61)
    for (let length = 0; length < 1_200; length++) {
      deflated(long, true)
      const bytes = long.subarray(0, length)
      expectWhole(bytes, deflated(bytes, true), `${length} bytes`)
    }
  })

  it('makes codes of no more bits than it may where symbols differ in number more than those tell', () => {
    // As often as the numbers of Fibonacci: a tree as deep as there are symbols.
    const parts: Uint8Array[] = []
    let [count, next] = [1, 1]
    for (let symbol = 0; parts.length < 22; symbol++) {
      parts.push(new Uint8Array(count).fill(symbol))
      ;[count, next] = [next, count + next]
    }
    const random = seededRandom(20_283)
    const bytes = new Uint8Array(Buffer.concat(parts)).subarray(0, 65_536)
    for (let at = bytes.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[bytes[at], bytes[other]] = [bytes[other] ?? 0, bytes[at] ?? 0]
    }
    expectWhole(bytes, deflated(bytes, true), 'a deep tree')
  })

  it('makes answers no longer than zlib does in as little time', () => {
    const bytes = answer(60, 331)
    const own = Buffer.concat(deflated(bytes, true)).length
    expect(own / deflateRawSync(bytes, { level: 1 }).length).toBeLessThan(1)
  })

  it('takes what is longer than its memory in pieces, and no more than that at once', () => {
    const bytes = answer(60, 1_000)
    expect(bytes.length).toBeGreaterThan(deflateBytesMax * 4)
    expectWhole(bytes, deflated(bytes, true), 'a long answer')
    expect(() => kernel.deflate(new Uint8Array(deflateBytesMax + 1), true)).toThrow('262145 bytes')
  })

  it('has a twin for machines that do not run it', () => {
    const bytes = answer(5, 100)
    const stream = [...deflated(bytes, false, null), ...deflated(bytes, true, null)]
    expectWhole(Buffer.concat([bytes, bytes]), stream, 'zlib')
  })
})
