import { messageOf } from '../base/errors.ts'
import type { Counter } from '../base/self-metrics.ts'
import type { DnsRecord, RecordType } from '../http/record-lookup.ts'
import { Labels } from '../model/labels.ts'
import type { GroupSink } from './discoverer.ts'
import { hostPort } from './host-port.ts'
import type { ConfigOf, DiscoveryTools, Mechanism } from './mechanism.ts'
import { RefreshLoop } from './refresh-loop.ts'

interface DnsCounters {
  readonly lookups: Counter
  readonly failures: Counter
}

/** dns_sd_configs: a group for each name, whose targets are its records (row D2.4). */
export const dnsMechanism: Mechanism<'dns'> = (metrics) => {
  const counters = {
    lookups: metrics.counter('prometheus_sd_dns_lookups_total', 'The number of DNS-SD lookups.'),
    failures: metrics.counter(
      'prometheus_sd_dns_lookup_failures_total',
      'The number of DNS-SD lookup failures.',
    ),
  }
  return (config, tools) =>
    new RefreshLoop(tools, {
      mechanism: 'dns',
      intervalMs: config.refreshIntervalMs,
      refresh: async (report) => {
        await Promise.all(
          config.names.map((name) => refreshName(name, config, tools, counters, report)),
        )
      },
    })
}

/** Told by itself: a name that nobody answers for delays no other. Never rejects. */
async function refreshName(
  name: string,
  { recordType = 'SRV', port }: ConfigOf<'dns'>,
  { records, logger }: DiscoveryTools,
  counters: DnsCounters,
  report: GroupSink,
): Promise<void> {
  try {
    const found = await records.lookup(name, recordType)
    const targets = found.map((record) => targetOf(name, recordType, record, port))
    report([{ source: name, targets, labels: Labels.empty }])
  } catch (thrown) {
    counters.failures.add()
    logger.error('Error refreshing DNS targets', { err: messageOf(thrown) })
  } finally {
    counters.lookups.add()
  }
}

/** Names stand in the labels as DNS has them, with their last dot. */
function targetOf(name: string, type: RecordType, record: DnsRecord, port: number): Labels {
  const { host } = record
  const common = {
    __address__: hostPort(host, type === 'SRV' ? record.port : port),
    __meta_dns_name: name,
  }
  switch (type) {
    case 'SRV':
      return Labels.of({
        ...common,
        __meta_dns_srv_record_target: `${host}.`,
        __meta_dns_srv_record_port: String(record.port),
      })
    case 'MX':
      return Labels.of({ ...common, __meta_dns_mx_record_target: `${host}.` })
    case 'NS':
      return Labels.of({ ...common, __meta_dns_ns_record_target: `${host}.` })
    case 'A':
    case 'AAAA':
      return Labels.of(common)
  }
}
