import { useApi } from '../api/use-api.ts'
import styles from './notices.module.css'
import { Notice } from './notices.tsx'

interface NotificationData {
  readonly text: string
  readonly active: boolean
}

/** What the server tells of itself on every page: a failed reload, a log that is replayed, a full disk. */
export function ServerNotices() {
  const { data = [] } = useApi<readonly NotificationData[]>('notifications', 5000)
  const texts = data.filter(({ active }) => active).map(({ text }) => text)
  if (texts.length === 0) return null
  return (
    <div className={styles.list}>
      {texts.map((text) => (
        <Notice key={text} kind="warning">
          {text}
        </Notice>
      ))}
    </div>
  )
}
