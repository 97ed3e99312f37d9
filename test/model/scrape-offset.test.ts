import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { Labels } from '../../src/model/labels.ts'
import { offsetSeed, scrapeOffsetMs } from '../../src/model/scrape-offset.ts'
import { targetOf } from '../../src/scrape/target.ts'

const [job] = loadConfig('scrape_configs: [{ job_name: j }]', 'x.yml').scrapeConfigs

function targetAt(labels: Readonly<Record<string, string>>) {
  if (job === undefined) throw new Error('no job')
  const outcome = targetOf(Labels.of(labels), Labels.empty, job)
  if (outcome.kind !== 'active') throw new Error(outcome.kind)
  return outcome.target
}

const plain = { __address__: 'h:1' }
const long = { ...plain, long: 'é'.repeat(150) }
const external = { region: 'eu "1"', 'with.dot': 'x' }

describe('the offset of a target', () => {
  // Printed by a Go program over upstream's labels, with the formula of scrape/target.go.
  it.each([
    [plain, {}, 28_522.982481],
    [plain, external, 12_347.750067],
    [long, {}, 37_945.694357],
    [long, external, 36_483.646071],
  ])('of %j beside external labels %j is that of upstream', (own, labels, offsetMs) => {
    const seed = offsetSeed('host.example.', Labels.of(labels))
    expect(scrapeOffsetMs(targetAt(own), seed)).toBe(offsetMs)
  })

  it('is another on another host, and those of many targets spread over the interval', () => {
    const targets = Array.from({ length: 400 }, (_, index) =>
      targetAt({ __address__: `h${index}:1` }),
    )
    const offsets = (host: string) => {
      const seed = offsetSeed(host, Labels.empty)
      return targets.map((target) => scrapeOffsetMs(target, seed))
    }
    expect(offsets('a')).not.toEqual(offsets('b'))
    const quarters = [0, 0, 0, 0]
    for (const offset of offsets('a')) {
      const quarter = Math.floor(offset / 15_000)
      quarters[quarter] = (quarters[quarter] ?? 0) + 1
    }
    for (const count of quarters) expect(count).toBeGreaterThan(60)
  })
})
