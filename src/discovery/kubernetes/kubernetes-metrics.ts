import type { Counter, MetricsRegistry } from '../../base/self-metrics.ts'
import { kubernetesRoles } from '../../config/discovery/kubernetes.ts'
import type { ObjectEvent } from './reflector.ts'

/** What Kubernetes discovery counts, by upstream's names. */
export class KubernetesMetrics {
  readonly failures: Counter
  readonly #events = new Map<string, Counter>()

  constructor(registry: MetricsRegistry) {
    for (const role of kubernetesRoles) {
      for (const event of ['add', 'delete', 'update'] as const) {
        const counter = registry.counter(
          'prometheus_sd_kubernetes_events_total',
          'The number of Kubernetes events handled.',
          { event, role },
        )
        this.#events.set(`${role} ${event}`, counter)
      }
    }
    this.failures = registry.counter(
      'prometheus_sd_kubernetes_failures_total',
      'The number of failed WATCH/LIST requests.',
    )
  }

  /** Kinds that are no roles are not counted. */
  event(kind: string, event: ObjectEvent): void {
    this.#events.get(`${kind} ${event}`)?.add()
  }
}
