import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { configText } from '../../src/config/print.ts'
import { type Flags, readCommandLine } from '../../src/tool/flags.ts'
import { longestBlockMs, retentionOfFlags, retentionText } from '../../src/tool/retention.ts'
import { storageEncodings } from '../../src/tool/storage-encodings.ts'
import { walSegmentBytes } from '../../src/tool/wal-segment-size.ts'

const dayMs = 86_400_000

function flagsOf(...given: readonly string[]): Flags {
  const command = readCommandLine(given.map((flag) => `--storage.tsdb.${flag}`))
  if (command.kind !== 'serve') throw new Error('not the server')
  return command.flags
}

/** What is kept by a configuration's retention section under these flags. */
function kept(section: string, ...given: readonly string[]): string {
  const retention = retentionOfFlags(flagsOf(...given))
  const text = section === '' ? '' : `storage: {tsdb: {retention: ${section}}}`
  return retentionText(loadConfig(text, 'prometheus.yml', { retention }).storage.retention)
}

describe('retention', () => {
  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ['15 days where nothing is said', '', [], '15d'],
    ['the flags where the configuration is silent', '', ['retention.time=30d'], '30d'],
    ['a size alone sets no time', '', ['retention.size=512MB'], '512MiB'],
    ['both', '', ['retention.time=1w', 'retention.size=1GB'], '1w or 1GiB'],
    ['the configuration wins over the flags', '{time: 2d}', ['retention.time=30d'], '2d'],
    ['a share of the file system', '{percentage: 12.5, time: 2d}', [], '2d or 12.5%'],
    ['a section without a time keeps for ever', '{size: 2GB}', ['retention.time=30d'], '2GiB'],
  ]
  for (const [name, section, given, expected] of cases) {
    it(name, () => expect(kept(section, ...given)).toBe(expected))
  }

  it('is shown in the status of the configuration', () => {
    const retention = retentionOfFlags(flagsOf())
    const text = configText(loadConfig('', 'prometheus.yml', { retention }))
    expect(text).toContain(
      'storage:\n  tsdb:\n    outofordertimewindow: 0\n    retention:\n      time: 15d\n',
    )
  })

  it('refuses what is no size or out of bounds, by name', () => {
    expect(() => retentionOfFlags(flagsOf('retention.size=12'))).toThrow(
      'flag --storage.tsdb.retention.size takes a size such as 512MB, not "12"',
    )
    expect(() => kept('{percentage: 101}')).toThrow('must be in the range [0, 100], got 101')
    expect(() => kept('{size: -1MB}')).toThrow('must be greater than or equal to 0')
  })
})

describe('exemplars', () => {
  const most = (text: string, exemplarsMax?: number) =>
    loadConfig(text, 'prometheus.yml', { exemplarsMax }).storage.exemplarsMax

  it('are as many as the configuration says, and else as the feature does', () => {
    expect(most('', 100_000)).toBe(100_000)
    expect(most('')).toBeUndefined()
    expect(most('storage: {exemplars: {max_exemplars: 5}}', 100_000)).toBe(5)
    expect(most('storage: {exemplars: {max_exemplars: -1}}', 100_000)).toBe(-1)
    expect(most('storage: {exemplars: {}}', 100_000)).toBe(0)
  })

  it('are shown in the status of the configuration, and bounded', () => {
    const text = configText(loadConfig('', 'prometheus.yml', { exemplarsMax: 7 }))
    expect(text).toContain('  exemplars:\n    max_exemplars: 7\n')
    expect(() => most('storage: {exemplars: {max_exemplars: 4000001}}')).toThrow(
      "'storage.exemplars.max_exemplars' must be at most 4000000, got 4000001",
    )
    // As the real promtool takes it.
    expect(most('storage: {exemplars: {max_exemplars: 1.5}}')).toBe(1)
    expect(() => most('storage: {exemplars: {max_exemplars: many}}')).toThrow(
      'cannot unmarshal !!str `many` into int64',
    )
  })
})

describe('the longest block', () => {
  it('is a tenth of the retention, at most 31 days, or what the flag says', () => {
    const longest = (...given: readonly string[]) => {
      const flags = flagsOf(...given)
      return longestBlockMs(retentionOfFlags(flags), flags) / dayMs
    }
    expect(longest()).toBe(1.5)
    expect(longest('retention.time=2y')).toBe(31)
    expect(longest('retention.size=1GB')).toBe(31)
    expect(longest('max-block-duration=6h')).toBe(0.25)
  })
})

describe('segments of the log', () => {
  it('are whole pages within 10 to 256 MB', () => {
    expect(walSegmentBytes(flagsOf())).toBeUndefined()
    expect(walSegmentBytes(flagsOf('wal-segment-size=10MB'))).toBe(10 << 20)
    expect(walSegmentBytes(flagsOf('wal-segment-size=20000KB'))).toBe(625 * 32_768)
    for (const size of ['9MB', '257MB', '1GB']) {
      const words = expect.stringContaining('10MB to 256MB')
      expect(() => walSegmentBytes(flagsOf(`wal-segment-size=${size}`))).toThrow(
        expect.objectContaining({ code: 'SETTING_INVALID', message: words }),
      )
    }
  })
})

describe('the encoding of chunks', () => {
  const encodings = (floats: string, ...features: readonly string[]) => {
    const command = readCommandLine(features.map((name) => `--enable-feature=${name}`))
    if (command.kind !== 'serve') throw new Error('not the server')
    const text = floats === '' ? '' : `storage: {tsdb: {chunk_encoding: {floats: ${floats}}}}`
    return storageEncodings(loadConfig(text, 'prometheus.yml').storage, command.flags)
  }

  it('is that of the configuration, then that of the features', () => {
    expect(encodings('')).toEqual({
      floats: 1,
      histogramStarts: false,
      storesStarts: false,
      samplesPerChunk: 120,
    })
    expect(encodings('', 'xor2-encoding').floats).toBe(4)
    expect(encodings('xor', 'xor2-encoding').floats).toBe(1)
    expect(encodings('xor2').floats).toBe(4)
    expect(encodings('xor2', 'st-storage,histograms-st-encoding')).toEqual({
      floats: 4,
      histogramStarts: true,
      storesStarts: true,
      samplesPerChunk: 120,
    })
  })

  it('is aimed at as many samples as the flag says, or at 120', () => {
    const aimed = (value: string) =>
      storageEncodings(
        loadConfig('', 'prometheus.yml').storage,
        flagsOf(`samples-per-chunk=${value}`),
      ).samplesPerChunk
    expect([aimed('240'), aimed('0')]).toEqual([240, undefined])
  })

  it('is refused where start timestamps do not fit it, and where nobody knows it', () => {
    expect(() => encodings('', 'st-storage')).toThrow('XOR chunks do not store start timestamps')
    expect(() => encodings('xor', 'st-storage,xor2-encoding')).toThrow(
      'float chunk encoding "xor" is incompatible with start-timestamp storage',
    )
    expect(() => encodings('gorilla')).toThrow(
      "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2'",
    )
  })

  it('is shown in the status of the configuration', () => {
    const text = 'storage: {tsdb: {chunk_encoding: {floats: xor2}}}'
    const shown = configText(loadConfig(text, 'prometheus.yml'))
    expect(shown).toContain(
      '  tsdb:\n    outofordertimewindow: 0\n    chunk_encoding:\n      floats: xor2\n',
    )
  })
})
