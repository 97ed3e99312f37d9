import { SectionReader } from '../section-reader.ts'
import type { YamlMapping } from '../yaml-text.ts'
import { type DiscoverySection, type MechanismConfig, sectionOfItems } from './section.ts'

/** The item that a configuration was read from, as it is printed. */
interface Printed {
  readonly printed: YamlMapping
}

/**
 * The section of a mechanism, of the reader of its keys in upstream's order and of what it says
 * against a configuration whose keys are all well. `type` is upstream's name in messages.
 */
export function mechanismSection<C extends MechanismConfig>(
  mechanism: C['mechanism'],
  type: string,
  readFields: (fields: SectionReader) => C,
  faultOf: (config: C) => string | undefined = () => undefined,
): DiscoverySection<C & Printed> {
  return sectionOfItems<C & Printed>({
    mechanism,
    read(item, context) {
      const fields = new SectionReader(item, type, context)
      const config = readFields(fields)
      fields.fields.refuse(faultOf(config))
      const printed = fields.end()
      return { ...config, printed }
    },
    print: (config) => config.printed,
  })
}

/** The key refresh_interval of a mechanism that asks at intervals; 0 is refused. */
export function refreshIntervalMs(
  fields: SectionReader,
  absentMs = 60_000,
  print: 'always' | 'unless empty' = 'unless empty',
): number {
  const intervalMs = fields.durationMs('refresh_interval', absentMs, print)
  if (intervalMs === 0) fields.fields.refuse('refresh_interval must be greater than 0')
  return intervalMs
}
