import { IconAlertTriangle, IconCircleX, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/fetch-api.ts'
import styles from './notices.module.css'

type Kind = 'error' | 'warning' | 'info'

const icons = { error: IconCircleX, warning: IconAlertTriangle, info: IconInfoCircle } as const

interface NoticeProps {
  readonly kind: Kind
  readonly title?: string | undefined
  readonly children: ReactNode
}

/** A remark of the server or of the page about it. */
export function Notice({ kind, title, children }: NoticeProps) {
  const Icon = icons[kind]
  return (
    <div className={`${styles.notice} ${styles[kind]}`} role={kind === 'error' ? 'alert' : 'note'}>
      <Icon size={17} className={styles.icon} aria-hidden="true" />
      <div className={styles.text}>
        {title !== undefined && <strong>{title}</strong>}
        <span>{children}</span>
      </div>
    </div>
  )
}

const titles: Readonly<Record<string, string>> = {
  bad_data: 'The query is not valid',
  execution: 'The query failed',
  timeout: 'The query took too long',
  canceled: 'The query was cancelled',
  unavailable: 'Not available',
  unreachable: 'No connection',
  'not ready': 'Not ready yet',
}

export function ErrorNotice({ error }: { error: Error }) {
  const kind = error instanceof ApiError ? error.kind : undefined
  return (
    <Notice kind="error" title={kind === undefined ? 'The page failed' : (titles[kind] ?? kind)}>
      {error.message}
    </Notice>
  )
}

/** Shown at once; more are folded. */
const noticesFirst = 3

interface NoticesProps {
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

export function Notices({ warnings, infos }: NoticesProps) {
  const all = [
    ...warnings.map((text) => ({ kind: 'warning' as const, text })),
    ...infos.map((text) => ({ kind: 'info' as const, text })),
  ]
  const show = ({ kind, text }: { kind: Kind; text: string }): ReactNode => (
    <Notice key={kind + text} kind={kind}>
      {text}
    </Notice>
  )
  if (all.length === 0) return null
  const folded = all.slice(noticesFirst)
  return (
    <div className={styles.list}>
      {all.slice(0, noticesFirst).map(show)}
      {folded.length > 0 && (
        <details>
          <summary>{folded.length} more</summary>
          <div className={styles.list}>{folded.map(show)}</div>
        </details>
      )}
    </div>
  )
}
