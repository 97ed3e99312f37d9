import { Skeleton } from '@mantine/core'
import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import page from '../targets/targets-page.module.css'
import styles from './rules.module.css'

interface AlertmanagerData {
  readonly url: string
}

interface AlertmanagersData {
  readonly activeAlertmanagers: readonly AlertmanagerData[]
  readonly droppedAlertmanagers: readonly AlertmanagerData[]
}

/** Who is told of alerts, and whom relabeling has dropped. */
export function AlertmanagersPage() {
  const { data, error } = useApi<AlertmanagersData>('alertmanagers', 5000)
  return (
    <>
      <div className={page.head}>
        <h1>Alertmanagers</h1>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined && error === null && <Skeleton height={120} radius={10} />}
      {data !== undefined && (
        <>
          <Urls
            title="Active"
            empty="Nobody is told of alerts: the configuration names no Alertmanagers, or none was discovered."
            all={data.activeAlertmanagers}
          />
          <Urls
            title="Dropped"
            empty="Relabeling has dropped none."
            all={data.droppedAlertmanagers}
          />
        </>
      )}
    </>
  )
}

interface UrlsProps {
  readonly title: string
  readonly empty: string
  readonly all: readonly AlertmanagerData[]
}

function Urls({ title, empty, all }: UrlsProps) {
  return (
    <section className={styles.urls} aria-label={title}>
      <h2>
        {title} <span>{all.length}</span>
      </h2>
      {all.length === 0 ? <p>{empty}</p> : null}
      <ul>
        {[...new Set(all.map(({ url }) => url))].map((url) => (
          <li key={url}>{url}</li>
        ))}
      </ul>
    </section>
  )
}
