import { goQuote } from '../../model/go-quote.ts'
import { Labels } from '../../model/labels.ts'
import { FieldReader, type Located } from '../field-reader.ts'
import { type YamlValue, yamlList, yamlMap, yamlSortedMap } from '../yaml-text.ts'
import type { DiscoverySection, MechanismConfig } from './section.ts'

export interface StaticDiscoveryConfig {
  readonly mechanism: 'static'
  readonly groups: readonly StaticGroup[]
}

/** A target group as it is written: addresses and the labels that they share (row D1.3). */
export interface StaticGroup {
  readonly targets: readonly string[]
  readonly labels: Labels
}

/** All groups of a job make one config, as they do upstream. */
export const staticSection: DiscoverySection<StaticDiscoveryConfig> = {
  key: 'static_configs',
  read(items) {
    if (items.length === 0) return []
    return [{ mechanism: 'static', groups: items.map(readStaticGroup) }]
  },
  print: (configs) =>
    configs.filter(isStatic).flatMap((config) => config.groups.map((group) => printGroup(group))),
}

function isStatic(config: MechanismConfig): config is StaticDiscoveryConfig {
  return config.mechanism === 'static'
}

/** A target group strictly: of a configuration, or of a file that file discovery reads. */
export function readStaticGroup(at: Located): StaticGroup {
  const fields = new FieldReader(
    at,
    'struct { Targets []string "yaml:\\"targets\\""; Labels model.LabelSet "yaml:\\"labels\\"" }',
  )
  const group = {
    targets: fields.texts('targets') ?? [],
    labels: Labels.of(fields.textMap('labels', 'model.LabelSet')),
  }
  fields.end()
  return group
}

function printGroup(group: StaticGroup): YamlValue {
  return yamlMap([
    ['targets', yamlList(group.targets)],
    ['labels', yamlSortedMap(group.labels.entries())],
  ])
}

/** What is wrong with static targets that nothing relabels, or undefined (row C3.14). */
export function staticTargetsFault(configs: readonly MechanismConfig[]): string | undefined {
  const groups = configs.filter(isStatic).flatMap((config) => config.groups)
  const faults = groups.flatMap((group) => group.targets.map(targetAddressFault))
  return faults.find((fault) => fault !== undefined)
}

/** What is wrong with an address to scrape, or undefined: it is a host with or without port. */
export function targetAddressFault(address: string): string | undefined {
  return address.includes('/') ? `${goQuote(address)} is not a valid hostname` : undefined
}
