import { describe, expect, it } from 'vitest'
import { emptySection } from '../../src/config/field-reader.ts'
import { parseSizeBytes, printSizeBytes } from '../../src/config/size.ts'

const place = { ...emptySection, path: 'global.body_size_limit' }

describe('sizes', () => {
  it.each([
    ['0', 0, '0B'],
    ['512MB', 512 << 20, '512MiB'],
    ['1.5GB', 1.5 * 2 ** 30, '1GiB512MiB'],
    ['1GiB512MiB', 1.5 * 2 ** 30, '1GiB512MiB'],
    ['100B', 100, '100B'],
    ['2KB', 2_048, '2KiB'],
  ])('%s is %d bytes', (text, bytes, printed) => {
    expect(parseSizeBytes(text, place)).toBe(bytes)
    expect(printSizeBytes(bytes)).toBe(printed)
  })

  it.each([
    ['100', 'units: unknown unit  in 100'],
    ['5XB', 'units: unknown unit XB in 5XB'],
    ['', 'units: invalid '],
    ['MB', 'units: invalid MB'],
  ])('%j is refused', (text, message) => {
    expect(() => parseSizeBytes(text, place)).toThrow(message)
  })
})
