import { Button, CopyButton, Skeleton } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import styles from './status.module.css'
import { YamlText } from './yaml-text.tsx'

/** The configuration in effect, defaults filled in and secrets left out by the server. */
export function ConfigPage() {
  const { data, error } = useApi<{ readonly yaml: string }>('status/config')
  return (
    <>
      <div className={styles.head}>
        <h1 className={styles.title}>Configuration</h1>
        {data !== undefined && (
          <CopyButton value={data.yaml}>
            {({ copied, copy }) => (
              <Button
                size="compact-sm"
                variant="default"
                onClick={copy}
                leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              >
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        )}
      </div>
      {error !== null && <ErrorNotice error={error} />}
      <div className={styles.card}>
        {data !== undefined && <YamlText text={data.yaml} />}
        {data === undefined && error === null && <Skeleton height={220} />}
      </div>
    </>
  )
}
