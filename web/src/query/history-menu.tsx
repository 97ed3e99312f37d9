import { ActionIcon, Menu } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import styles from './menu.module.css'
import { useQueryHistory } from './query-history.ts'

/** The expressions run before in this browser; choosing one runs it again. */
export function HistoryMenu({ onChoose }: { onChoose: (expr: string) => void }) {
  const history = useQueryHistory()
  return (
    <Menu position="bottom-end" withinPortal={false} shadow="md" width={440}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label="Query history"
          title="Query history"
        >
          <IconHistory size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={styles.dropdown ?? ''}>
        <Menu.Label>
          {history.length === 0 ? 'Queries you run appear here' : 'Run again'}
        </Menu.Label>
        {history.map((expr) => (
          <Menu.Item key={expr} className={styles.expr ?? ''} onClick={() => onChoose(expr)}>
            {expr}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
