import type { LineStyle } from '../series/series-colors.ts'

/** A short piece of a line as the chart draws it; hollow when the line is hidden. */
export function LineSample({ style, shown }: { style: LineStyle; shown: boolean }) {
  return (
    <svg width="22" height="12" viewBox="0 0 22 12" aria-hidden="true">
      <line
        x1="2"
        y1="6"
        x2="20"
        y2="6"
        stroke={style.color}
        strokeWidth={shown ? 3 : 1}
        strokeDasharray={style.dash.join(' ')}
        strokeLinecap={style.dash.length === 0 ? 'round' : 'butt'}
      />
    </svg>
  )
}
