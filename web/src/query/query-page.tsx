import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { panelsMax } from './panel.ts'
import styles from './query-page.module.css'
import { QueryPanel } from './query-panel.tsx'
import { usePanels } from './use-panels.ts'

export function QueryPage() {
  const [panels, actions] = usePanels()
  return (
    <div className={styles.page}>
      {panels.map(({ key, panel }, index) => (
        <QueryPanel
          key={key}
          panel={panel}
          number={index + 1}
          removable={panels.length > 1 || panel.expr !== ''}
          onChange={(change) => actions.change(key, change)}
          onDuplicate={() => actions.duplicate(key)}
          onRemove={() => actions.remove(key)}
        />
      ))}
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconPlus size={15} />}
        disabled={panels.length >= panelsMax}
        onClick={actions.add}
        className={styles.add ?? ''}
      >
        Add query
      </Button>
    </div>
  )
}
