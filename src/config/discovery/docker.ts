import { type Address, urlTextFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.1. */
export const dockerSection = mechanismSection('docker', 'moby.plain', readDocker, ({ host }) =>
  hostFault(host),
)

/** Row D4.3. */
export const dockerSwarmSection = mechanismSection(
  'dockerswarm',
  'moby.plain',
  readSwarm,
  (config) => {
    const fault = hostFault(config.host)
    if (fault !== undefined) return fault
    if (config.role === '') return 'role missing (one of: tasks, services, nodes)'
    return swarmRoles.some((role) => role === config.role)
      ? undefined
      : `invalid role ${config.role}, expected tasks, services, or nodes`
  },
)

function hostFault(host: Address): string | undefined {
  return host.reveal() === '' ? 'host missing' : urlTextFault(host.reveal())
}

const swarmRoles = ['services', 'nodes', 'tasks'] as const

function readDocker(fields: SectionReader) {
  return {
    mechanism: 'docker' as const,
    http: fields.http(),
    host: fields.address('host'),
    port: fields.integer('port', 80, 'always'),
    filters: readFilters(fields),
    hostNetworkingHost: fields.text('host_networking_host', 'localhost', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    matchFirstNetwork: fields.flag('match_first_network', true, 'always'),
  }
}

function readSwarm(fields: SectionReader) {
  return {
    mechanism: 'dockerswarm' as const,
    http: fields.http(),
    host: fields.address('host'),
    /** services, nodes or tasks. */
    role: fields.text('role', '', 'always'),
    port: fields.integer('port', 80, 'always'),
    filters: readFilters(fields),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
  }
}

/** Passed on to the daemon as they are. */
function readFilters(fields: SectionReader) {
  const read = (filter: SectionReader) => ({
    name: filter.text('name', '', 'always'),
    values: filter.texts('values', 'always'),
  })
  return fields.sections('filters', 'moby.Filter', read, 'always')
}
