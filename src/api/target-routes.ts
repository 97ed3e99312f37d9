import { compareBytes } from '../model/byte-order.ts'
import type { ActiveTarget, TargetsView } from '../scrape/target-state.ts'
import type { MetricMetadata } from '../storage/metadata.ts'
import type { ApiOptions } from './api-options.ts'
import { globalUrl, type OwnAddress } from './global-url.ts'
import { type ApiRequest, type ApiRoute, data } from './request.ts'
import { rfc3339 } from './rfc3339.ts'

/** Rows A2.10 and A3: what targets tell, and how they are. */
export function targetRoutes(options: ApiOptions): readonly ApiRoute[] {
  return [
    { methods: ['GET'], path: 'metadata', handle: (request) => data(metadata(options, request)) },
    {
      methods: ['GET'],
      path: 'targets',
      handle: (request) => data(targets(options.targets(), options.ownAddress, request)),
    },
    {
      methods: ['GET'],
      path: 'scrape_pools',
      handle: () => data({ scrapePools: [...options.targets().poolNames()].sort(compareBytes) }),
    },
  ]
}

/** Row A2.10. A limit below 0 is none; 0 metrics are none at all, but 0 per metric is no limit. */
function metadata(options: ApiOptions, { parameters }: ApiRequest): object {
  const limit = parameters.number('limit') ?? -1
  const perMetric = parameters.number('limit_per_metric') ?? -1
  const wanted = parameters.text('metric')
  const found = new Map<string, MetricMetadata[]>()
  for (const source of options.metadata()) {
    source.eachMetadata((family, entry) => {
      if (wanted !== '' && family !== wanted) return true
      const list = found.get(family)
      if (list === undefined) {
        if (limit < 0 || found.size < limit) found.set(family, [entry])
      } else if (perMetric <= 0 || list.length < perMetric) {
        if (!list.some((one) => isSame(one, entry))) list.push(entry)
      }
      return true
    })
  }
  return Object.fromEntries(
    [...found].map(([family, list]) => [
      family,
      list.map(({ type, help, unit }) => ({ type, help, unit })),
    ]),
  )
}

function isSame(a: MetricMetadata, b: MetricMetadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit
}

/** Pools by their names, targets within them as they were found. */
function targets(view: TargetsView, own: OwnAddress, { parameters }: ApiRequest): object {
  const state = parameters.text('state').toLowerCase()
  const pool = parameters.text('scrapePool')
  const wanted = <T extends OfPool>(all: readonly T[]): readonly T[] =>
    all
      .filter(({ scrapePool }) => pool === '' || scrapePool === pool)
      .sort((a, b) => compareBytes(a.scrapePool, b.scrapePool))
  const counts = [...view.droppedCounts()].sort(([a], [b]) => compareBytes(a, b))
  const showsActive = state === '' || state === 'active' || state === 'any'
  const showsDropped = state === '' || state === 'dropped' || state === 'any'
  return {
    activeTargets: showsActive
      ? wanted(view.activeTargets()).map((target) => activeTarget(target, own))
      : [],
    droppedTargets: showsDropped
      ? wanted(view.droppedTargets()).map(({ discoveredLabels, scrapePool }) => ({
          discoveredLabels: discoveredLabels.toObject(),
          scrapePool,
        }))
      : [],
    droppedTargetCounts: showsDropped ? Object.fromEntries(counts) : null,
  }
}

interface OfPool {
  readonly scrapePool: string
}

function activeTarget(target: ActiveTarget, own: OwnAddress): object {
  return {
    discoveredLabels: target.discoveredLabels.toObject(),
    labels: target.labels.toObject(),
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: globalUrl(target.scrapeUrl, own),
    lastError: target.lastError,
    lastScrape: rfc3339(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationSeconds,
    health: target.health,
    scrapeInterval: target.scrapeInterval,
    scrapeTimeout: target.scrapeTimeout,
  }
}
