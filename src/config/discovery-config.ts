import {
  awsSection,
  ec2Section,
  ecsSection,
  elasticacheSection,
  lightsailSection,
  mskSection,
  rdsSection,
} from './discovery/aws.ts'
import { azureSection } from './discovery/azure.ts'
import { consulSection } from './discovery/consul.ts'
import { digitaloceanSection } from './discovery/digitalocean.ts'
import { dnsSection } from './discovery/dns.ts'
import { dockerSection, dockerSwarmSection } from './discovery/docker.ts'
import { eurekaSection } from './discovery/eureka.ts'
import { fileSection } from './discovery/file.ts'
import { gceSection } from './discovery/gce.ts'
import { hetznerSection } from './discovery/hetzner.ts'
import { httpSection } from './discovery/http.ts'
import { ionosSection } from './discovery/ionos.ts'
import { kubernetesSection } from './discovery/kubernetes.ts'
import { kumaSection } from './discovery/kuma.ts'
import { linodeSection } from './discovery/linode.ts'
import { marathonSection } from './discovery/marathon.ts'
import { nomadSection } from './discovery/nomad.ts'
import { ociSection } from './discovery/oci.ts'
import { openstackSection } from './discovery/openstack.ts'
import { outscaleSection } from './discovery/outscale.ts'
import { ovhcloudSection } from './discovery/ovhcloud.ts'
import { puppetdbSection } from './discovery/puppetdb.ts'
import { scalewaySection } from './discovery/scaleway.ts'
import { stackitSection } from './discovery/stackit.ts'
import { staticSection } from './discovery/static.ts'
import { tritonSection } from './discovery/triton.ts'
import { uyuniSection } from './discovery/uyuni.ts'
import { vultrSection } from './discovery/vultr.ts'
import { nerveSection, serversetSection } from './discovery/zookeeper.ts'
import { type FieldReader, type Located, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { isNull } from './yaml-node.ts'
import { type YamlEntry, yamlListOrNone } from './yaml-text.ts'

/**
 * Every discovery section, in the order that upstream prints them (by key): a new mechanism is one
 * line here, and one in discovery/mechanisms.ts, which does not compile without it.
 */
export const discoverySections = [
  consulSection,
  dnsSection,
  dockerSection,
  dockerSwarmSection,
  fileSection,
  httpSection,
  kubernetesSection,
  nomadSection,
  staticSection,
] as const

/** Sections that are read and checked, and then refused by name: who builds one moves it up. */
export const unbuiltSections = [
  awsSection,
  azureSection,
  digitaloceanSection,
  ec2Section,
  ecsSection,
  elasticacheSection,
  eurekaSection,
  gceSection,
  hetznerSection,
  ionosSection,
  kumaSection,
  lightsailSection,
  linodeSection,
  marathonSection,
  mskSection,
  nerveSection,
  ociSection,
  openstackSection,
  outscaleSection,
  ovhcloudSection,
  puppetdbSection,
  rdsSection,
  scalewaySection,
  serversetSection,
  stackitSection,
  tritonSection,
  uyuniSection,
  vultrSection,
] as const

/** What one discovery section asks for; discovery/ has one discoverer for each member. */
export type DiscoveryConfig = ReturnType<(typeof discoverySections)[number]['read']>[number]

/** All discovery sections of a job, checked; what is not built is refused, or left out. */
export function readDiscovery(
  fields: FieldReader,
  context: ReadContext,
): readonly DiscoveryConfig[] {
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

/** Upstream's names of the items where the mechanism's does not tell them. */
const itemTypes: Readonly<Record<string, string>> = {
  docker: 'moby.DockerSDConfig',
  dockerswarm: 'moby.DockerSwarmSDConfig',
  ec2: 'aws.EC2SDConfig',
  ecs: 'aws.ECSSDConfig',
  elasticache: 'aws.ElasticacheSDConfig',
  kuma: 'xds.SDConfig',
  lightsail: 'aws.LightsailSDConfig',
  msk: 'aws.MSKSDConfig',
  nerve: 'zookeeper.NerveSDConfig',
  rds: 'aws.RDSSDConfig',
  serverset: 'zookeeper.ServersetSDConfig',
  static: 'targetgroup.Group',
}

function itemsOf(key: string, fields: FieldReader): readonly Located[] {
  const mechanism = key.replace(/_sd_configs$|_configs$/, '')
  const type = `[]*${itemTypes[mechanism] ?? `${mechanism}.SDConfig`}`
  const items = fields.list(key, type, (item) => item) ?? []
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
