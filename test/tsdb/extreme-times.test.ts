import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { timestampMsMax } from '../../src/model/samples.ts'
import { ExpositionError, entryKind } from '../../src/scrape/exposition.ts'
import { OpenMetricsParser } from '../../src/scrape/parse-openmetrics.ts'
import { TextParser } from '../../src/scrape/parse-text.ts'
import { refusal } from '../../src/storage/appender.ts'
import { newDisk, openOn, startMs, storedIn } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'

const edges = [0, timestampMsMax, 2 ** 53, 2 ** 63, 1e30, 1e300, Number.MAX_VALUE, startMs]
const anyTime = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([edge, more, isNegative]) => (isNegative ? -edge : edge) + more),
)

/** The timestamp of a page of one sample; undefined where the page is refused. */
function parsed(text: string, isOpenMetrics: boolean): number | undefined {
  const page = new TextEncoder().encode(isOpenMetrics ? `m 1 ${text}\n# EOF\n` : `m 1 ${text}\n`)
  const bytes = new Uint8Array(page.length + 8)
  bytes.set(page)
  const options = { skipCreated: false, typeAndUnitLabels: false }
  const parser = isOpenMetrics
    ? new OpenMetricsParser(bytes, page.length, options)
    : new TextParser(bytes, page.length)
  try {
    expect(parser.next()).toBe(entryKind.series)
    return parser.timestampMs + 0
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ExpositionError)
    return undefined
  }
}

describe('a timestamp', () => {
  it('of a text page is taken to the millisecond, or the page is refused beyond 64 bits', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.maxSafeInteger()),
        (time) => {
          const found = parsed(String(time), false)
          // The format knows no times before 1970. What is beyond 2^53 costs its sample only: the next
          // tests, and those of scraping, hold that it is refused as out of bounds.
          const isTaken = time >= 0 && BigInt(time) < 2n ** 63n
          expect(found).toBe(isTaken ? Number(time) : undefined)
        },
      ),
      { numRuns: 10_000 },
    )
  })

  it('of an OpenMetrics page is whole milliseconds, or the page is refused', () => {
    fc.assert(
      fc.property(anyTime, (seconds) => {
        const found = parsed(String(seconds), true)
        if (Number.isFinite(seconds)) expect(found).toBe(Math.trunc(seconds * 1_000) + 0)
        else expect(found).toBeUndefined()
      }),
      { numRuns: 10_000 },
    )
  })

  it('beyond what is exact is refused, also by an empty database, and costs no other sample', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyTime, { minLength: 50, maxLength: 50 }), async (times) => {
        const disk = newDisk()
        const clock = new SimClock(startMs)
        const database = await openOn(disk, clock)
        const timestampsMs = Float64Array.from(times, (time) => Math.trunc(time) + 0)
        const appender = database.appender()
        const ids = Uint32Array.from(times, (_, index) =>
          appender.series(Labels.of({ __name__: 'm', series: String(index) })),
        )
        const values = new Float64Array(times.length).fill(1)
        const { refusedIndex, refusedCode } = appender.append(ids, timestampsMs, values, ids.length)
        const refused = new Map([...refusedIndex].map((index, at) => [index, refusedCode[at]]))
        appender.commit()
        const expected = new Map<string, readonly number[][]>()
        timestampsMs.forEach((timeMs, index) => {
          const code = refused.get(index)
          if (timeMs > startMs + 600_000) expect(code, String(timeMs)).toBe(refusal.tooFarAhead)
          else if (timeMs < -timestampMsMax) expect(code).toBe(refusal.outOfBounds)
          else if (Number.isNaN(timeMs)) expect(code).toBeDefined()
          if (code === undefined) expected.set(String(index), [[timeMs, 1]])
        })
        taken += expected.size
        const reopened = await openOn(disk, clock)
        expect((await storedIn(reopened, disk)).stored).toEqual(expected)
      }),
      { numRuns: 200 },
    )
    expect(taken).toBeGreaterThan(200)
  })
})
