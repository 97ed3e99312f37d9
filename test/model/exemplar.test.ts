import { describe, expect, it } from 'vitest'
import {
  encodeExemplarLabels,
  exemplarCharacters,
  exemplarLabelPairs,
  exemplarLabelsHash,
} from '../../src/model/exemplar.ts'

function encoded(...texts: readonly string[]): Uint8Array {
  return encodeExemplarLabels(texts.map((text) => Buffer.from(text)))
}

describe('labels of an exemplar', () => {
  it('are sorted by bytes, without empty values, and keep a name that stands there twice', () => {
    const labels = encoded('b', '2', 'a', '1', 'none', '', 'é', 'x', 'b', '1', 'Z', '9')
    expect(exemplarLabelPairs(labels)).toEqual([
      ['Z', '9'],
      ['a', '1'],
      ['b', '2'],
      ['b', '1'],
      ['é', 'x'],
    ])
  })

  it('are counted in characters, names and values together', () => {
    expect(exemplarCharacters(encoded())).toBe(0)
    expect(exemplarCharacters(encoded('trace', 'äöü€', 'k', '𝄞'))).toBe(11)
    expect(
      exemplarCharacters(encodeExemplarLabels([Buffer.from('a'), Buffer.of(0xff, 0x41)])),
    ).toBe(3)
  })

  it('have the hash that upstream gives them, in Prometheus 3.14', () => {
    expect(exemplarLabelsHash(encoded())).toBe(0xef46db3751d8e999n)
    expect(exemplarLabelsHash(encoded('trace_id', 'abc', 'span_id', '1'))).toBe(0x698b79ff30d350a6n)
    expect(exemplarLabelsHash(encoded('a', 'x'.repeat(300)))).toBe(0x7334729f4d20ea0bn)
  })
})
