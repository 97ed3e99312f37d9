import { limits } from '../base/limits.ts'
import type { MetadataSource, MetricMetadata, MetricType } from '../storage/metadata.ts'
import type { WrittenMetadata } from '../wire/write-request.ts'

/** By the number of prompb's enumeration. */
const types: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]

/** Version 2 has the same numbers. */
export function metricTypeV2(number: number): MetricType {
  return types[number] ?? 'unknown'
}

/** Metadata that senders of version 1 bring, the newest of each family, within two limits. */
export class WrittenMetadataStore implements MetadataSource {
  readonly #families = new Map<string, MetricMetadata>()
  #textUnits = 0

  /** What does not fit beside what is there is left out. */
  keep({ family, type, help, unit }: WrittenMetadata): void {
    const old = this.#families.get(family)
    const isFull = old === undefined && this.#families.size >= limits.metadataFamiliesMax
    const more = unitsOf(family, { help, unit }) - (old === undefined ? 0 : unitsOf(family, old))
    if (isFull || this.#textUnits + more > limits.metadataTextUnitsMax) return
    this.#textUnits += more
    this.#families.set(family, { type: types[type] ?? 'unknown', help, unit })
  }

  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void {
    for (const [family, metadata] of this.#families) if (!visit(family, metadata)) return
  }
}

function unitsOf(family: string, { help, unit }: { help: string; unit: string }): number {
  return family.length + help.length + unit.length
}
