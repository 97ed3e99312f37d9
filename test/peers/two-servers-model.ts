import { expect } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { halvesOf, isStaleAt, writeStaleAt } from '../../src/model/stale-nan.ts'
import { type MatrixSeries, raw } from '../support/api-client.ts'
import {
  remoteWriteBody,
  remoteWriteHeaders,
  type WrittenSeries,
} from '../support/remote-write-body.ts'

export const stepMs = 15_000

/** Samples of one series by their times, values by their bits. */
export type Bits = Map<number, string>

/** What one directory holds, whoever wrote it: see write and delete. */
export class TwoServersModel {
  readonly series: readonly Bits[]
  readonly random: () => number
  /** The time of the next sample. */
  nextMs: number
  readonly #isUp: boolean[]
  deleted = 0

  constructor(seed: number, startMs: number, seriesCount: number) {
    this.random = seededRandom(seed)
    this.nextMs = startMs
    this.series = Array.from({ length: seriesCount }, () => new Map())
    this.#isUp = this.series.map((_, n) => n % 3 !== 0)
  }

  get samples(): number {
    return this.series.reduce((sum, { size }) => sum + size, 0)
  }

  /** Sends so many steps of all series that are up; some go, with a stale marker, and come back. */
  async write(url: string, steps: number): Promise<void> {
    const perRequest = 5
    for (let step = 0; step < steps; step += perRequest) {
      this.#isUp.forEach((isUp, n) => {
        if (n > 1 && this.random() < 0.08) this.#isUp[n] = !isUp
        else if (isUp && !this.#isUp[n]) this.#isUp[n] = true
      })
      const timestampsMs = Array.from(
        { length: perRequest },
        (_, index) => this.nextMs + index * stepMs,
      )
      const batch = this.series.flatMap((known, n) => this.#batchOf(known, n, timestampsMs))
      const response = await fetch(`${url}/api/v1/write`, {
        method: 'POST',
        body: remoteWriteBody(batch),
        headers: remoteWriteHeaders,
      })
      expect(`${response.status} ${await response.text()}`).toBe('204 ')
      this.nextMs += perRequest * stepMs
    }
  }

  /** A series that is up has all samples of the batch; one that has just gone a stale marker. */
  #batchOf(known: Bits, n: number, timestampsMs: readonly number[]): WrittenSeries[] {
    const isUp = this.#isUp[n] === true
    const [firstMs = 0] = timestampsMs
    const wasUp = known.has(firstMs - stepMs)
    if (!isUp && (!wasUp || isStaleBits(known.get(firstMs - stepMs)))) return []
    const times = isUp ? timestampsMs : [firstMs]
    const values = Float64Array.from(times, (timeMs) => Math.sin(timeMs / 1e6 + n) * 1_000)
    const halves = halvesOf(values)
    if (!isUp) writeStaleAt(halves, 0)
    else if (this.random() < 0.05) halves.set([0x0badcafe, 0x7ff80000], 0)
    times.forEach((timeMs, index) => {
      known.set(timeMs, bitsAt(halves, index))
    })
    return [{ labels: labelsOf(n), timestampsMs: times, values }]
  }

  /** Deletes a random piece of some series by the admin API. */
  async delete(url: string, startMs: number): Promise<void> {
    const n = Math.floor(this.random() * this.series.length)
    const isClass = this.random() < 0.5
    const fromMs = Math.floor(startMs + this.random() * (this.nextMs - startMs))
    const toMs = fromMs + Math.floor(this.random() * 40) * stepMs
    const parameters = new URLSearchParams({
      'match[]': isClass ? `pingpong{class="${n % 5}"}` : `pingpong{n="${n}"}`,
      start: String(fromMs / 1_000),
      end: String(toMs / 1_000),
    })
    const response = await fetch(`${url}/api/v1/admin/tsdb/delete_series?${parameters}`, {
      method: 'POST',
    })
    expect(response.status, await response.text()).toBe(204)
    this.series.forEach((known, index) => {
      if (isClass ? index % 5 !== n % 5 : index !== n) return
      for (const timeMs of [...known.keys()]) {
        if (timeMs < fromMs || timeMs > toMs) continue
        known.delete(timeMs)
        this.deleted++
      }
    })
  }

  /** Everything that a server answers is what it must hold; stale markers it leaves out. */
  async checkAnswers(url: string): Promise<void> {
    const found = await raw(url, 'pingpong', '30d', this.nextMs / 1_000)
    const lines = (series: readonly MatrixSeries[]) =>
      series.flatMap(({ metric, values }) =>
        values.map(([seconds, value]) => `${metric.n} ${Math.round(seconds * 1_000)} ${value}`),
      )
    const expected = this.series.flatMap((known, n) =>
      [...known].flatMap(([timeMs, bits]) =>
        isStaleBits(bits) ? [] : [`${n} ${timeMs} ${textOf(bits)}`],
      ),
    )
    expectSame(lines(found), expected)
  }

  /** Of `tsdb dump`: a line for each sample, stale markers as NaN. */
  checkDump(text: string): void {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, n, value, timeMs] = /n="(\d+)"\} (\S+) (\d+)$/.exec(line) ?? [line]
        return `${n} ${timeMs} ${Number(value)}`
      })
    const expected = this.series.flatMap((known, n) =>
      [...known].map(([timeMs, bits]) => `${n} ${timeMs} ${textOf(bits)}`),
    )
    expectSame(lines, expected)
  }

  /** Times and bits of all samples, as read by ourselves. */
  checkBits(found: ReadonlyMap<string, Bits>): void {
    const lines = (n: string, bits: Bits) =>
      [...bits].map(([timeMs, bit]) => `${n} ${timeMs} ${bit}`)
    expectSame(
      [...found].flatMap(([n, bits]) => lines(n, bits)),
      this.series.flatMap((bits, n) => lines(String(n), bits)),
    )
  }
}

function expectSame(found: readonly string[], expected: readonly string[]): void {
  const [here, there] = [new Set(found), new Set(expected)]
  expect({
    doubled: found.length - here.size,
    invented: found.filter((line) => !there.has(line)).slice(0, 5),
    lost: expected.filter((line) => !here.has(line)).slice(0, 5),
  }).toEqual({ doubled: 0, invented: [], lost: [] })
}

function labelsOf(n: number): readonly (readonly [string, string])[] {
  return [
    ['__name__', 'pingpong'],
    ['class', String(n % 5)],
    ['n', String(n)],
  ]
}

export function bitsAt(halves: Uint32Array, index: number): string {
  return `${halves[index * 2 + 1]?.toString(16)}:${halves[index * 2]?.toString(16)}`
}

function isStaleBits(bits: string | undefined): boolean {
  return bits === '7ff00000:2'
}

function textOf(bits: string): string {
  const halves = Uint32Array.from(bits.split(':').reverse(), (half) => Number.parseInt(half, 16))
  const stale = isStaleAt(halves, 0)
  return stale ? 'NaN' : String(new Float64Array(halves.buffer)[0])
}
