import { printDurationMs } from '../model/duration.ts'
import { Labels } from '../model/labels.ts'
import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { isNull } from './yaml-node.ts'
import { type YamlValue, yamlList, yamlMap } from './yaml-text.ts'

/** What one discovery section asks for; discovery/ has one discoverer for each member. */
export type DiscoveryConfig = StaticDiscoveryConfig | FileDiscoveryConfig

export interface StaticDiscoveryConfig {
  readonly mechanism: 'static'
  readonly groups: readonly StaticGroup[]
}

/** A target group as it is written: addresses and the labels that they share (row D1.3). */
export interface StaticGroup {
  readonly targets: readonly string[]
  readonly labels: Labels
}

export interface FileDiscoveryConfig {
  readonly mechanism: 'file'
  readonly files: readonly string[]
  readonly refreshIntervalMs: number
}

/** A section of a scrape config that finds targets: its key, how to read it, how to print it. */
export interface DiscoverySection {
  readonly key: string
  read(items: readonly Located[], context: ReadContext): readonly DiscoveryConfig[]
  /** The items of the section for those configs that are its own, in upstream's key order. */
  print(configs: readonly DiscoveryConfig[]): readonly YamlValue[]
}

const staticSection: DiscoverySection = {
  key: 'static_configs',
  read(items) {
    if (items.length === 0) return []
    return [{ mechanism: 'static', groups: items.map(readStaticGroup) }]
  },
  print: (configs) =>
    configs.flatMap((config) =>
      config.mechanism === 'static' ? config.groups.map(printGroup) : [],
    ),
}

const fileSection: DiscoverySection = {
  key: 'file_sd_configs',
  read: (items, context) => items.map((item) => readFileDiscovery(item, context)),
  print: (configs) =>
    configs.flatMap((config) =>
      config.mechanism === 'file'
        ? [
            yamlMap([
              ['files', yamlList(config.files)],
              ['refresh_interval', printDurationMs(config.refreshIntervalMs)],
            ]),
          ]
        : [],
    ),
}

/** In the order that upstream prints them: a new mechanism is one line here. */
export const discoverySections: readonly DiscoverySection[] = [fileSection, staticSection]

/** Sections that upstream has and we refuse by name (row D1.1). */
export const unbuiltDiscoveryKeys: readonly string[] = [
  'aws',
  'azure',
  'consul',
  'digitalocean',
  'dns',
  'docker',
  'dockerswarm',
  'ec2',
  'ecs',
  'elasticache',
  'eureka',
  'gce',
  'hetzner',
  'http',
  'ionos',
  'kubernetes',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'msk',
  'nerve',
  'nomad',
  'oci',
  'openstack',
  'outscale',
  'ovhcloud',
  'puppetdb',
  'rds',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
].map((name) => `${name}_sd_configs`)

/** A target group strictly: of a configuration, or of a file that file discovery reads. */
export function readStaticGroup(at: Located): StaticGroup {
  const fields = new FieldReader(
    at,
    'struct { Targets []string "yaml:\\"targets\\""; Labels model.LabelSet "yaml:\\"labels\\"" }',
  )
  const group = {
    targets: fields.texts('targets') ?? [],
    labels: Labels.of(fields.textMap('labels')),
  }
  fields.end()
  return group
}

function printGroup(group: StaticGroup): YamlValue {
  const labels = group.labels.size === 0 ? undefined : yamlMap(group.labels.entries())
  return yamlMap([
    ['targets', yamlList(group.targets)],
    ['labels', labels],
  ])
}

const fileName = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/
const defaultRefreshIntervalMs = 300_000

function readFileDiscovery(at: Located, context: ReadContext): FileDiscoveryConfig {
  const fields = new FieldReader(at, 'file.plain')
  const files = fields.texts('files') ?? []
  const refreshIntervalMs = fields.has('refresh_interval')
    ? fields.durationMs('refresh_interval')
    : defaultRefreshIntervalMs
  fields.end()
  if (files.length === 0) {
    throw problem('file service discovery config must contain at least one path name', at)
  }
  for (const name of files) {
    if (!fileName.test(name)) {
      throw problem(`path name ${JSON.stringify(name)} is not valid for file discovery`, at)
    }
  }
  if (refreshIntervalMs === 0) throw problem('refresh_interval must be greater than 0', at)
  return {
    mechanism: 'file',
    files: files.map((file) => joinDirectory(context.directory, file)),
    refreshIntervalMs,
  }
}

/** All discovery sections of a scrape config; null items and unbuilt mechanisms are refused. */
export function readDiscovery(
  fields: FieldReader,
  context: ReadContext,
): readonly DiscoveryConfig[] {
  for (const key of unbuiltDiscoveryKeys) {
    const field = fields.take(key)
    if (field !== undefined && field.node.kind === 'list' && field.node.items.length > 0) {
      context.notBuilt(key, field)
    }
  }
  return discoverySections.flatMap((section) => {
    const items = fields.list(section.key, (item) => item) ?? []
    const empty = items.find((item) => isNull(item.node) || isEmptyMap(item))
    if (empty !== undefined) throw problem(`empty or null section in ${section.key}`, empty)
    return section.read(items, context)
  })
}

function isEmptyMap(at: Located): boolean {
  return at.node.kind === 'map' && at.node.entries.length === 0
}
