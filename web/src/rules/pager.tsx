import { useState } from 'react'
import styles from './rules.module.css'

const perPage = 10

/** The members of one page of a list, and what turns pages; nothing to turn where there is one. */
export function usePage<T>(all: readonly T[]) {
  const [asked, setPage] = useState(0)
  const pages = Math.max(1, Math.ceil(all.length / perPage))
  const page = Math.min(asked, pages - 1)
  const shown = all.slice(page * perPage, (page + 1) * perPage)
  const pager =
    pages === 1 ? null : (
      <nav className={styles.pager} aria-label="Groups">
        <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
          Previous
        </button>
        <span>
          {page + 1} of {pages}
        </span>
        <button type="button" disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
          Next
        </button>
      </nav>
    )
  return { shown, pager }
}
