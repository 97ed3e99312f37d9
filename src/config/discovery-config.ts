import { fileSection } from './discovery/file.ts'
import { httpSection } from './discovery/http.ts'
import { staticSection } from './discovery/static.ts'
import { type FieldReader, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { isNull } from './yaml-node.ts'

/**
 * Every discovery section, in the order that upstream prints them (by key): a new mechanism is one
 * line here, and one in discovery/mechanisms.ts, which does not compile without it.
 */
export const discoverySections = [fileSection, httpSection, staticSection] as const

/** What one discovery section asks for; discovery/ has one discoverer for each member. */
export type DiscoveryConfig = ReturnType<(typeof discoverySections)[number]['read']>[number]

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
  return discoverySections.flatMap((section): readonly DiscoveryConfig[] => {
    const items = fields.list(section.key, (item) => item) ?? []
    const empty = items.find((item) => isNull(item.node))
    if (empty !== undefined) throw problem(`empty or null section in ${section.key}`, empty)
    return section.read(items, context)
  })
}
