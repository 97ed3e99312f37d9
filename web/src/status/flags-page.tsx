import { useState } from 'react'
import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import styles from './status.module.css'

/** The command line flags in effect. */
export function FlagsPage() {
  const { data, error } = useApi<Readonly<Record<string, string>>>('status/flags')
  const [search, setSearch] = useState('')
  const word = search.trim().toLowerCase()
  const rows = Object.entries(data ?? {})
    .filter(([name, value]) => `${name}=${value}`.toLowerCase().includes(word))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <>
      <div className={styles.head}>
        <h1 className={styles.title}>Command line flags</h1>
        <input
          type="search"
          className={styles.search}
          aria-label="Search flags"
          placeholder="Search name or value"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {error !== null && <ErrorNotice error={error} />}
      <div className={styles.card}>
        <table className={styles.flags}>
          <thead>
            <tr>
              <th scope="col">Flag</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">--{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
