import { ActionIcon, Menu } from '@mantine/core'
import { IconCopy, IconDots, IconTrash } from '@tabler/icons-react'

interface PanelMenuProps {
  readonly removable: boolean
  readonly onDuplicate: () => void
  readonly onRemove: () => void
}

export function PanelMenu({ removable, onDuplicate, onRemove }: PanelMenuProps) {
  return (
    <Menu position="bottom-end" withinPortal={false} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label="Query actions">
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={15} />} onClick={onDuplicate}>
          Duplicate query
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={15} />} disabled={!removable} onClick={onRemove}>
          Remove query
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
