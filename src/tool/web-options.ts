import { hostname } from 'node:os'
import type { ApiOptions } from '../api/api-options.ts'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { NodeProfiler } from '../base/node-profiler.ts'
import { discoverySections } from '../config/discovery-config.ts'
import { builtFiles } from './built-files.ts'
import { externalUrlOf } from './external-url.ts'
import { featureReport } from './feature-report.ts'
import type { Flags } from './flags.ts'
import { parseListenAddress } from './listen-address.ts'
import { webAssets } from './web-assets.ts'
import { crossOriginOf, routePrefixOf, userAssetsOf } from './web-flags.ts'

/** Discovery mechanisms by the names that upstream reports. */
const mechanisms = discoverySections.map(({ key }) => key.replace(/_(sd_)?configs$/, ''))

/** What the --web.* flags say about paths, pages and who may read them. Throws FLAG_INVALID. */
export function webOptions(
  flags: Flags,
): Pick<
  ApiOptions,
  | 'accessLog'
  | 'assets'
  | 'connectionsMax'
  | 'crossOrigin'
  | 'externalPath'
  | 'features'
  | 'flags'
  | 'ownAddress'
  | 'profiler'
  | 'readTimeoutMs'
  | 'routePrefix'
  | 'search'
  | 'userAssets'
> {
  const [first = ''] = flags.list('web.listen-address')
  const { port: listenPort } = parseListenAddress(first)
  const externalUrl = externalUrlOf(flags, hostname(), listenPort)
  const isTitled = flags.isGiven('web.page-title')
  const title = isTitled ? flags.text('web.page-title') : undefined
  return {
    accessLog: flags.isOn('narthex.access-log'),
    assets: webAssets(builtFiles(nodeFileSystem), title),
    connectionsMax: flags.number('web.max-connections'),
    crossOrigin: crossOriginOf(flags),
    externalPath: externalUrl.path,
    features: () => featureReport(flags, mechanisms),
    flags: flags.all,
    ownAddress: { listenPort, externalUrl },
    profiler: new NodeProfiler(systemClock),
    readTimeoutMs: flags.durationMs('web.read-timeout'),
    routePrefix: routePrefixOf(flags, externalUrl),
    search: flags.isFeatureOn('search-api')
      ? { limitMax: flags.number('web.search.max-limit') }
      : undefined,
    userAssets: userAssetsOf(flags, nodeFileSystem),
  }
}
