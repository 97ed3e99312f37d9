import { describe, expect, it } from 'vitest'
import { type Flags, readCommandLine } from '../../src/tool/flags.ts'
import { discoveryDelayMsMax, scrapeAlignMs } from '../../src/tool/scrape-features.ts'

function flagsOf(...parameters: readonly string[]): Flags {
  const line = readCommandLine(parameters)
  if (line.kind !== 'serve') throw new Error(line.kind)
  return line.flags
}

describe('the flags of scraping', () => {
  it.each([
    [[], 2],
    [['--scrape.timestamp-tolerance=500us'], 0.5],
    [['--scrape.timestamp-tolerance=1.5ms'], 1.5],
    [['--no-scrape.adjust-timestamps'], 0],
    [['--no-scrape.adjust-timestamps', '--scrape.timestamp-tolerance=5ms'], 0],
  ])('%j lets a scrape be %f ms off its slot', (parameters, alignMs) => {
    expect(scrapeAlignMs(flagsOf(...parameters))).toBe(alignMs)
  })

  it.each([
    [[], 5_000],
    [['--scrape.discovery-reload-interval=1m'], 60_000],
    [['--scrape.discovery-reload-interval=0s'], undefined],
  ])('%j lets changed targets wait for %f ms', (parameters, delayMs) => {
    expect(discoveryDelayMsMax(flagsOf(...parameters))).toBe(delayMs)
  })

  it('a tolerance that is no duration is refused by name', () => {
    expect(() => flagsOf('--scrape.timestamp-tolerance=soon')).toThrow(
      /^flag --scrape\.timestamp-tolerance takes a duration such as 30s or 1h30m \(.*\), not "soon"$/,
    )
  })
})
