import { agoText, timeText } from '../format/time-text.ts'
import { useTimeZone } from '../shell/time-zone.ts'

/** How long ago, with the time itself under the pointer; the year 1 is never. */
export function Ago({ text, nowMs }: { text: string; nowMs: number }) {
  const [zone] = useTimeZone()
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs) || atMs <= 0) return <span>never</span>
  return <span title={timeText(atMs, zone, true)}>{agoText(nowMs - atMs)} ago</span>
}
