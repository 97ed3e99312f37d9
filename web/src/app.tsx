import { createTheme, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import styles from './app.module.css'
import { QueryPage } from './query/query-page.tsx'
import { AlertmanagersPage } from './rules/alertmanagers-page.tsx'
import { AlertsPage } from './rules/alerts-page.tsx'
import { RulesPage } from './rules/rules-page.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { Header } from './shell/header.tsx'
import { RouteLink } from './shell/route-link.tsx'
import { type Route, useRoute } from './shell/router.ts'
import { ServerNotices } from './shell/server-notices.tsx'
import { ConfigPage } from './status/config-page.tsx'
import { FlagsPage } from './status/flags-page.tsx'
import { StatusPage } from './status/status-page.tsx'
import { TargetsPage } from './targets/targets-page.tsx'

const theme = createTheme({
  primaryColor: 'ember',
  defaultRadius: 6,
  cursorType: 'pointer',
  // The shades are set in theme.css; Mantine only has to know the name.
  colors: {
    ember: [
      '#fdeee3',
      '#fbd9c1',
      '#f7bb92',
      '#f39b61',
      '#ee7f39',
      '#e2641b',
      '#c74a0e',
      '#ad3f0a',
      '#8a330b',
      '#6b290b',
    ],
  },
})

const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, gcTime: 60_000 } },
})

export function App() {
  return (
    // Mantine's variables and classes come from theme.css: style elements are refused by the policy.
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <Page />
      </QueryClientProvider>
    </MantineProvider>
  )
}

const pages: Readonly<Record<Route, { title: string; Content: () => ReactNode }>> = {
  query: { title: 'Query', Content: QueryPage },
  alerts: { title: 'Alerts', Content: AlertsPage },
  rules: { title: 'Rules', Content: RulesPage },
  alertmanagers: { title: 'Alertmanagers', Content: AlertmanagersPage },
  targets: { title: 'Targets', Content: TargetsPage },
  status: { title: 'Status', Content: StatusPage },
  flags: { title: 'Flags', Content: FlagsPage },
  config: { title: 'Configuration', Content: ConfigPage },
}

function Page() {
  const route = useRoute()
  const { title, Content } =
    route === undefined ? { title: 'Not found', Content: NotFound } : pages[route]
  return (
    <>
      <title>{`${title} · Narthex`}</title>
      <Header route={route} />
      <main className={styles.main}>
        <ServerNotices />
        <ErrorBoundary key={route}>
          <Content />
        </ErrorBoundary>
      </main>
    </>
  )
}

function NotFound() {
  return (
    <p>
      There is no such page. <RouteLink route="query">Go to the query page</RouteLink>.
    </p>
  )
}
