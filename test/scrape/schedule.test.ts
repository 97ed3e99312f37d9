import { describe, expect, it } from 'vitest'
import { ScrapeSchedule } from '../../src/scrape/schedule.ts'

describe('the schedule of a target', () => {
  it('does not drift, however late or early its timers are', () => {
    const schedule = new ScrapeSchedule(1_000, 300, 2)
    const starts = [300.4, 1_299.6, 2_303, 3_300]
    const delays = starts.map((nowMs) => {
      schedule.advance(nowMs)
      return Math.round(nowMs + schedule.delayMs(nowMs))
    })
    expect(delays).toEqual([1_300, 2_300, 3_300, 4_300])
  })

  it('leaves out the slots that passed while the process was held up', () => {
    const schedule = new ScrapeSchedule(1_000, 0, 2)
    schedule.advance(0)
    schedule.advance(5_400)
    expect(schedule.delayMs(5_400)).toBe(600)
  })

  it('gives samples the time of their slot, within the tolerance', () => {
    const schedule = new ScrapeSchedule(1_000, 0, 2)
    const times = [10_000, 11_001.4, 11_998.6, 13_003, 14_000].map((ms) =>
      schedule.scrapeTimeMs(ms),
    )
    expect(times).toEqual([10_000, 11_000, 12_000, 13_003, 14_000])
  })

  it('without a tolerance samples get the time at which they were asked for', () => {
    const schedule = new ScrapeSchedule(1_000, 0, 0)
    const times = [10_000, 11_001, 11_999].map((ms) => schedule.scrapeTimeMs(ms))
    expect(times).toEqual([10_000, 11_001, 11_999])
  })

  it('tolerates at most a hundredth of a short interval', () => {
    const schedule = new ScrapeSchedule(100, 0, 2)
    expect([1_000, 1_101, 1_202].map((ms) => schedule.scrapeTimeMs(ms))).toEqual([
      1_000, 1_100, 1_202,
    ])
  })

  it('follows a wall clock that is set back', () => {
    const schedule = new ScrapeSchedule(1_000, 0, 2)
    schedule.scrapeTimeMs(3_600_000)
    expect(schedule.scrapeTimeMs(1_500)).toBe(1_500)
  })
})
