import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'

const themes = [
  { scheme: 'light', text: 'Light', Icon: IconSun },
  { scheme: 'dark', text: 'Dark', Icon: IconMoon },
  { scheme: 'auto', text: 'System', Icon: IconDeviceDesktop },
] as const

/** Light, dark, or as the system says; remembered by the browser. */
export function ThemeMenu() {
  // Holding transitions back would take a style element, which the content security policy refuses.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const current = themes.find(({ scheme }) => scheme === colorScheme) ?? themes[2]
  return (
    <Menu position="bottom-end" withinPortal={false} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={`Theme: ${current.text}`}>
          <current.Icon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {themes.map(({ scheme, text, Icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={15} />}
            rightSection={scheme === colorScheme ? <IconCheck size={14} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
