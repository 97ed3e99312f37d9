import { describe, expect, it } from 'vitest'
import { goDuration } from '../../src/model/go-duration.ts'

describe('texts as Go prints them', () => {
  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_000, '1s'],
    [59_001, '59.001s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [7_179_887, '1h59m39.887s'],
    [93_784_000, '26h3m4s'],
  ])('%i ms are %s', (durationMs, text) => {
    expect(goDuration(durationMs)).toBe(text)
  })
})
