import type { TimeZone } from '../format/time-text.ts'
import { useSetting } from './local-setting.ts'

/** Whether times are shown in the browser's zone or in UTC (the default, as servers log it). */
export function useTimeZone(): readonly [TimeZone, (zone: TimeZone) => void] {
  const [value, write] = useSetting('time-zone')
  return [value === 'local' ? 'local' : 'utc', write]
}
