import type { FieldReader, Located } from '../field-reader.ts'
import type { ReadContext } from '../read-context.ts'
import type { YamlValue } from '../yaml-text.ts'

/** What all discovery sections have: the name that upstream's metrics and logs give them. */
export interface MechanismConfig {
  readonly mechanism: string
}

/** A section of a scrape config that finds targets: its key, how to read it, how to print it. */
export interface DiscoverySection<C extends MechanismConfig> {
  readonly key: string
  read(items: readonly Located[], context: ReadContext): readonly C[]
  /** The items of the section for those configs that are its own, in upstream's key order. */
  print(configs: readonly MechanismConfig[]): readonly YamlValue[]
}

export interface SectionItem<C extends MechanismConfig> {
  readonly mechanism: C['mechanism']
  read(at: Located, context: ReadContext): C
  print(config: C): YamlValue
}

/** The section `<mechanism>_sd_configs`, whose items each make one discoverer. */
export function sectionOfItems<C extends MechanismConfig>(
  item: SectionItem<C>,
): DiscoverySection<C> {
  const isOwn = (config: MechanismConfig): config is C => config.mechanism === item.mechanism
  return {
    key: `${item.mechanism}_sd_configs`,
    read: (items, context) => items.map((at) => item.read(at, context)),
    print: (configs) => configs.filter(isOwn).map((config) => item.print(config)),
  }
}

/**
 * The key refresh_interval. Upstream takes 0, and then its timer ends the process; we refuse it
 * (docs/differences.md).
 */
export function readRefreshIntervalMs(fields: FieldReader, absentMs: number): number {
  if (!fields.has('refresh_interval')) return absentMs
  const intervalMs = fields.durationMs('refresh_interval')
  if (intervalMs === 0) fields.refuse('refresh_interval must be greater than 0')
  return intervalMs
}
