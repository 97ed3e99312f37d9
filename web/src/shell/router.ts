import { useSyncExternalStore } from 'react'
import { basePath } from './base-path.ts'

export const routes = [
  'query',
  'alerts',
  'rules',
  'targets',
  'alertmanagers',
  'status',
  'flags',
  'config',
] as const
export type Route = (typeof routes)[number]

/** Pages by the names that Prometheus' own links have. */
const upstreamRoutes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['service-discovery', 'targets'],
  ['alertmanager-discovery', 'alertmanagers'],
  ['tsdb-status', 'status'],
])

const listeners = new Set<() => void>()
/** What each page had in its URL when it was left, so that going back to it loses nothing. */
const searchOf = new Map<Route, string>()

function announce(): void {
  for (const listener of listeners) listener()
}
window.addEventListener('popstate', announce)

/** The page that the URL names; undefined for one that does not exist. '' and 'graph' are the query page. */
export function currentRoute(): Route | undefined {
  const segment = window.location.pathname.slice(basePath.length)
  if (segment === '' || segment === 'graph') return 'query'
  return routes.find((route) => route === segment) ?? upstreamRoutes.get(segment)
}

export function useRoute(): Route | undefined {
  return useSyncExternalStore(subscribeToUrl, currentRoute)
}

/** Calls the listener after each change of the URL that navigation or the browser's buttons made. */
export function subscribeToUrl(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function hrefOf(route: Route): string {
  return `${basePath}${route}${route === currentRoute() ? '' : (searchOf.get(route) ?? '')}`
}

export function navigate(route: Route): void {
  const from = currentRoute()
  if (from !== undefined) searchOf.set(from, window.location.search)
  window.history.pushState(null, '', hrefOf(route))
  announce()
}

/** Writes the state of the query page into the URL; `replace` leaves no entry to go back to. */
export function writeSearch(search: string, how: 'push' | 'replace'): void {
  const url = `${basePath}query${search === '' ? '' : `?${search}`}`
  if (`${window.location.pathname}${window.location.search}` === url) return
  if (how === 'push') window.history.pushState(null, '', url)
  else window.history.replaceState(null, '', url)
}
