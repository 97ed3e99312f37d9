import { consulSection } from './discovery/consul.ts'
import { dnsSection } from './discovery/dns.ts'
import { dockerSection, dockerSwarmSection } from './discovery/docker.ts'
import { fileSection } from './discovery/file.ts'
import { httpSection } from './discovery/http.ts'
import { kubernetesSection } from './discovery/kubernetes.ts'
import { nomadSection } from './discovery/nomad.ts'
import { staticSection } from './discovery/static.ts'
import { type FieldReader, type Located, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { isNull } from './yaml-node.ts'
import { type YamlEntry, yamlListOrNone } from './yaml-text.ts'

/**
 * Every discovery section, in the order that upstream prints them (by key): a new mechanism is one
 * line here, and one in discovery/mechanisms.ts, which does not compile without it.
 */
export const discoverySections = [dnsSection, fileSection, httpSection, staticSection] as const

/** Sections that are read and checked, and then refused by name: who builds one moves it up. */
const unbuiltSections = [
  consulSection,
  dockerSection,
  dockerSwarmSection,
  kubernetesSection,
  nomadSection,
] as const

/** What one discovery section asks for; discovery/ has one discoverer for each member. */
export type DiscoveryConfig = ReturnType<(typeof discoverySections)[number]['read']>[number]

/** Of keys that are not even read yet. */
const unreadKeys = [
  'aws azure digitalocean ec2 ecs elasticache eureka gce hetzner ionos kuma lightsail linode',
  'marathon msk nerve oci openstack outscale ovhcloud puppetdb rds scaleway serverset stackit',
  'triton uyuni vultr',
].flatMap((names) => names.split(' ').map((name) => `${name}_sd_configs`))

/** Sections that upstream has and we refuse by name (row D1.1). */
export const unbuiltDiscoveryKeys: readonly string[] = [
  ...unreadKeys,
  ...unbuiltSections.map((section) => section.key),
]

/** All discovery sections of a job, checked; what is not built is refused, or left out. */
export function readDiscovery(
  fields: FieldReader,
  context: ReadContext,
): readonly DiscoveryConfig[] {
  for (const key of unreadKeys) refuseSection(key, fields, context)
  for (const section of unbuiltSections) {
    section.read(itemsOf(section.key, fields), context)
    refuseSection(section.key, fields, context)
  }
  return discoverySections.flatMap((section): readonly DiscoveryConfig[] =>
    section.read(itemsOf(section.key, fields), context),
  )
}

function refuseSection(key: string, fields: FieldReader, context: ReadContext): void {
  const field = fields.take(key)
  if (field !== undefined && itemsOf(key, fields).length > 0) context.notBuilt(key, field)
}

function itemsOf(key: string, fields: FieldReader): readonly Located[] {
  const items = fields.list(key, (item) => item) ?? []
  const empty = items.find((item) => isNull(item.node))
  if (empty !== undefined) throw problem(`empty or null section in ${key}`, empty)
  return items
}

/** The sections by their keys, as upstream prints them. */
export function printDiscovery(configs: readonly DiscoveryConfig[]): readonly YamlEntry[] {
  return discoverySections.map(
    (section) => [section.key, yamlListOrNone(section.print(configs))] as const,
  )
}
