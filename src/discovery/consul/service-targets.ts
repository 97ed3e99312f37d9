import { Labels } from '../../model/labels.ts'
import { hostPort } from '../host-port.ts'
import { type JsonReader, readObjects } from '../json-reader.ts'
import { metaLabels } from '../meta-labels.ts'

/**
 * The instances of a service, as /v1/health/service answers them (row D4.1). Throws NarthexError
 * BODY_INVALID.
 */
export function readServiceTargets(json: unknown, tagSeparator: string): readonly Labels[] {
  return readObjects(json).map((entry) => targetOf(entry, tagSeparator))
}

function targetOf(entry: JsonReader, tagSeparator: string): Labels {
  const node = entry.object('Node')
  const service = entry.object('Service')
  const nodeAddress = node.text('Address')
  const serviceAddress = service.text('Address')
  const port = String(service.number('Port'))
  // The separator stands on both sides too, so that a rule's pattern need not care for places.
  const tags = `${tagSeparator}${service.texts('Tags').join(tagSeparator)}${tagSeparator}`
  return Labels.of([
    // A service may run elsewhere than the node that it is registered with.
    ['__address__', hostPort(serviceAddress || nodeAddress, port)],
    ['__meta_consul_address', nodeAddress],
    ['__meta_consul_node', node.text('Node')],
    ['__meta_consul_namespace', service.text('Namespace')],
    ['__meta_consul_partition', service.text('Partition')],
    ['__meta_consul_tags', tags],
    ['__meta_consul_service_address', serviceAddress],
    ['__meta_consul_service_port', port],
    ['__meta_consul_service_id', service.text('ID')],
    ['__meta_consul_health', aggregatedStatus(entry.objects('Checks'))],
    ...metaLabels('__meta_consul_metadata_', node.textMap('Meta')),
    ...metaLabels('__meta_consul_service_metadata_', service.textMap('Meta')),
    ...metaLabels('__meta_consul_tagged_address_', node.textMap('TaggedAddresses')),
  ])
}

const fromWorst: readonly string[] = ['maintenance', 'critical', 'warning', 'passing']

/** The worst of the checks; passing without any, nothing where one has an unknown state. */
function aggregatedStatus(checks: readonly JsonReader[]): string {
  const statuses = checks.map((check) => {
    const id = check.text('CheckID')
    const isMaintenance = id === '_node_maintenance' || id.startsWith('_service_maintenance:')
    return isMaintenance ? 'maintenance' : check.text('Status')
  })
  if (statuses.some((status) => !fromWorst.includes(status))) return ''
  return fromWorst.find((status) => statuses.includes(status)) ?? 'passing'
}
