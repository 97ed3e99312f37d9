/**
 * Ten colours for each theme, the same hues in the same order. Chosen by search so that any two stay
 * apart for normal sight and for protan, deutan and tritan simulations, and each has a contrast of at
 * least 3 to 1 with the surface (test/web/series-colors.test.ts measures both).
 */
export const seriesColors = {
  light: [
    '#4f6be3',
    '#ff5b12',
    '#2a4853',
    '#cb70b0',
    '#8d5300',
    '#700fa6',
    '#8b0013',
    '#0099ea',
    '#7d9b60',
    '#846f6c',
  ],
  dark: [
    '#71b4f6',
    '#fe8c29',
    '#2fd9b5',
    '#c05f92',
    '#eed83b',
    '#8f78ec',
    '#e0484f',
    '#1c9cc4',
    '#a5cb85',
    '#b8a48d',
  ],
} as const

export type Scheme = keyof typeof seriesColors

/** The look of a line. From the eleventh series on the colours come again, dashed and then dotted. */
export interface LineStyle {
  readonly color: string
  readonly dash: readonly number[]
}

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3]]

export function lineStyleOf(seriesIndex: number, scheme: Scheme): LineStyle {
  const colors = seriesColors[scheme]
  const color = colors[seriesIndex % colors.length] ?? colors[0]
  const dash = dashes[Math.floor(seriesIndex / colors.length) % dashes.length] ?? []
  return { color, dash }
}
