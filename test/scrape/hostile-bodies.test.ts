import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { createPageScanner } from '../../src/kernels/exposition.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { ScannedTarget } from './scanned-target.ts'

const bodies = 10_000

const text = `# HELP http_requests_total The "total" of \\\\ requests.\\nSecond line.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000
# A comment.

msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="no \\"file\\"\\n"} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
{"quoted.name","l.1"="ü"} NaN
# TYPE rpc_seconds summary
rpc_seconds{quantile="0.01"} 3102
rpc_seconds_sum 1.7560473e+07
`

const openMetrics = `# TYPE foo_seconds counter
# UNIT foo_seconds seconds
# HELP foo_seconds The \\"help\\".
foo_seconds_total{le="1",x="a\\\\b\\"\\n"} 17.0 1520879607.789 # {id="counter-test"} 5 1520879607.7
foo_seconds_created 1520872607.123
# TYPE hist histogram
hist_bucket{le="0.1"} 8 # {} 0.054
hist_bucket{le="+Inf"} 17 # {id="x"} 3
{"quoted.name",x="ü"} NaN
a{} -0 1.5
# EOF
`

/** Bytes that mean something in one of the formats, and some that do in none. */
const spice = Buffer.from('#{}"\\\n\r\t =,+-.eEx0~é').toString('latin1')

function mutated(random: () => number, from: string): Buffer {
  let bytes = Buffer.from(from)
  const changes = 1 + Math.floor(random() * 4)
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * bytes.length)
    const length = Math.floor(random() * 40)
    const part = bytes.subarray(at, at + length)
    const kind = Math.floor(random() * 6)
    const byte =
      random() < 0.7 ? spice.charCodeAt(Math.floor(random() * spice.length)) : random() * 256
    if (kind === 0) bytes[at] = byte
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)])
    else if (kind === 3) bytes = bytes.subarray(0, at + 1)
    else if (kind === 4) bytes.fill(byte, at, Math.min(bytes.length, at + 1 + (length >> 3)))
    else bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)])
    if (bytes.length === 0) bytes = Buffer.from('\n')
  }
  return bytes
}

/** Bodies of that many bytes that make a careless reader slow. */
const slowShapes: readonly (readonly [string, (bytes: number) => string])[] = [
  ['lines as short as they get', (bytes) => 'a 1\n'.repeat(bytes / 4)],
  ['empty lines', (bytes) => '\n'.repeat(bytes)],
  ['one name', (bytes) => 'a'.repeat(bytes)],
  ['one label value', (bytes) => `a{b="${'c'.repeat(bytes)}"} 1\n`],
  ['one label value of backslashes', (bytes) => `a{b="${'\\\\'.repeat(bytes / 2)}"} 1\n`],
  ['one label value that never ends', (bytes) => `a{b="${'\\"'.repeat(bytes / 2)}`],
  ['quotes', (bytes) => '"'.repeat(bytes)],
  ['braces', (bytes) => '{'.repeat(bytes)],
  ['blanks before a value', (bytes) => `a ${' '.repeat(bytes)}1\n`],
  ['one number', (bytes) => `a 0.${'1'.repeat(bytes)}\n`],
  ['one help', (bytes) => `# HELP a ${'b'.repeat(bytes)}\n`],
  ['one comment of zero bytes', (bytes) => `# ${'\0'.repeat(bytes)}\n`],
  ['lines that each open a quote', (bytes) => 'a{b="\n'.repeat(bytes / 6)],
  ['the same labels many times', (bytes) => `a{${'b="c",'.repeat(bytes / 6)}} 1\n`],
]

describe('hostile bodies', () => {
  it.each([
    ['text', text, false],
    ['OpenMetrics', openMetrics, true],
  ])(
    'a mutated body of %s is read or refused with its line and column, nothing else',
    (_, page, isOpenMetrics) => {
      const random = seededRandom(21)
      const target = new ScannedTarget(createPageScanner(), isOpenMetrics)
      let refused = 0
      for (let body = 0; body < bodies; body++) {
        const bytes = mutated(random, page)
        // Known and unknown lines alike.
        if (body % 50 === 0) target.forget()
        const { error } = target.read(bytes)
        if (error === '') continue
        refused++
        expect(error).toMatch(/^[1-9]\d*:[1-9]\d* ./)
      }
      expect(refused).toBeGreaterThan(bodies / 4)
      expect(refused).toBeLessThan(bodies)
    },
  )

  it.each(slowShapes)('time grows with the length, not faster: %s', (_, shape) => {
    const target = new ScannedTarget(createPageScanner(), false)
    const timeOf = (bytes: number) => {
      const body = Buffer.from(shape(bytes))
      const times = Array.from({ length: 3 }, () => {
        target.forget()
        return cpuMsOf(() => target.read(body))
      })
      return Math.min(...times)
    }
    timeOf(1 << 15)
    const small = timeOf(1 << 15)
    const large = timeOf(1 << 18)
    // Eight times as long: a square would make it sixty-four.
    expect(large).toBeLessThan(small * 24 + 30)
  })
})
