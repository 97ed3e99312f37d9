import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import { DatabaseFacts } from './database-facts.tsx'
import { Facts } from './facts.tsx'
import styles from './status.module.css'

type Values = Readonly<Record<string, string | number | boolean>>

/** What is running, since when and on what. Every field that the server fills is shown. */
export function StatusPage() {
  const build = useApi<Values>('status/buildinfo')
  const runtime = useApi<Values>('status/runtimeinfo', 10_000)
  return (
    <>
      <h1 className={styles.title}>Runtime and build</h1>
      {[build.error, runtime.error].map(
        (error) => error !== null && <ErrorNotice key={error.message} error={error} />,
      )}
      <div className={styles.columns}>
        <Facts title="Build" values={build.data} />
        <Facts title="Runtime" values={runtime.data} />
      </div>
      <DatabaseFacts />
    </>
  )
}
