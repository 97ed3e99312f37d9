import { useComputedColorScheme } from '@mantine/core'
import type { Scheme } from '../series/series-colors.ts'

/** The theme in effect, whether chosen or the system's. */
export function useScheme(): Scheme {
  return useComputedColorScheme('light')
}
