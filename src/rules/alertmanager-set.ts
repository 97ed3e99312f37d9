import { posix } from 'node:path'
import type { Logger } from '../base/logger.ts'
import type { AlertmanagerConfig } from '../config/alerting-config.ts'
import { targetAddressFault } from '../config/discovery/static.ts'
import type { TargetGroup } from '../discovery/discoverer.ts'
import { type RequestUrl, requestUrl } from '../http/request-url.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import { relabelBuilder } from '../model/relabel.ts'
import { type NotifiedAlert, relabeledAlerts } from './notifier-alert.ts'
import type { SendLoop } from './send-loop.ts'

/** The Alertmanagers of one section of the configuration (row R5.5). */
export class AlertmanagerSet {
  readonly config: AlertmanagerConfig
  /** By URL. */
  readonly #loops = new Map<string, SendLoop>()
  readonly #makeLoop: (url: RequestUrl, config: AlertmanagerConfig) => SendLoop
  readonly #logger: Logger
  dropped: readonly string[] = []

  constructor(
    config: AlertmanagerConfig,
    makeLoop: (url: RequestUrl, config: AlertmanagerConfig) => SendLoop,
    logger: Logger,
  ) {
    this.config = config
    this.#makeLoop = makeLoop
    this.#logger = logger
  }

  get urls(): readonly string[] {
    return [...this.#loops.keys()]
  }

  get loops(): Iterable<SendLoop> {
    return this.#loops.values()
  }

  send(alerts: readonly NotifiedAlert[]): void {
    const kept = relabeledAlerts(alerts, Labels.empty, this.config.alertRelabelRules)
    if (kept.length === 0) return
    for (const loop of this.#loops.values()) loop.add(kept)
  }

  /** Those that discovery found: loops of the ones that stay go on. */
  sync(groups: readonly TargetGroup[]): void {
    const found = new Map<string, RequestUrl>()
    const dropped: string[] = []
    for (const group of groups) {
      for (const target of group.targets) this.#place(target, group.labels, found, dropped)
    }
    this.dropped = dropped
    for (const [text, url] of found) {
      if (!this.#loops.has(text)) this.#loops.set(text, this.#makeLoop(url, this.config))
    }
    for (const [url, loop] of this.#loops) {
      if (found.has(url)) continue
      this.#loops.delete(url)
      void loop.stop()
    }
  }

  async stop(): Promise<void> {
    const stopped = [...this.#loops.values()].map((loop) => loop.stop())
    this.#loops.clear()
    await Promise.all(stopped)
  }

  #place(target: Labels, shared: Labels, found: Map<string, RequestUrl>, dropped: string[]): void {
    const outcome = alertmanagerOf(target, shared, this.config)
    if (outcome.kind === 'found') found.set(outcome.url.text, outcome.url)
    else if (outcome.kind === 'dropped') dropped.push(outcome.url)
    else this.#logger.error('Creating discovered Alertmanagers failed', { err: outcome.reason })
  }
}

/** What relabelling makes of a discovered Alertmanager. */
export type AlertmanagerOutcome =
  | { readonly kind: 'found'; readonly url: RequestUrl }
  /** With the URL that it had before. */
  | { readonly kind: 'dropped'; readonly url: string }
  | { readonly kind: 'failed'; readonly reason: string }

/** Where alerts for a target go; its own labels win over its group's, the section's over both. */
export function alertmanagerOf(
  target: Labels,
  shared: Labels,
  { scheme, pathPrefix, apiVersion, relabelRules }: AlertmanagerConfig,
): AlertmanagerOutcome {
  const builder = new LabelsBuilder(target)
    .set('__scheme__', scheme)
    .set('__alerts_path__', posix.join('/', pathPrefix, `/api/${apiVersion}/alerts`))
  for (const [name, value] of shared.entries()) {
    if (!target.has(name)) builder.set(name, value)
  }
  const before = urlOf(builder).text
  if (!relabelBuilder(builder, relabelRules)) return { kind: 'dropped', url: before }
  const reason = targetAddressFault(builder.get('__address__'))
  return reason === undefined ? { kind: 'found', url: urlOf(builder) } : { kind: 'failed', reason }
}

function urlOf(builder: LabelsBuilder): RequestUrl {
  return requestUrl('Post', {
    scheme: builder.get('__scheme__'),
    address: builder.get('__address__'),
    path: builder.get('__alerts_path__'),
    query: '',
  })
}
