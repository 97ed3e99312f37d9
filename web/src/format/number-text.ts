const prefixes = [
  ['Y', 1e24],
  ['Z', 1e21],
  ['E', 1e18],
  ['P', 1e15],
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
  ['', 1],
  ['m', 1e-3],
  ['µ', 1e-6],
  ['n', 1e-9],
] as const

function scaleOf(magnitude: number): readonly [string, number] {
  // Numbers down to a ten-thousandth read better plain than as milli or micro.
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 10_000)) return ['', 1]
  return prefixes.find(([, scale]) => magnitude >= scale) ?? ['n', 1e-9]
}

/** A number in at most `digits` significant digits with an SI prefix: 1.234 G, 0.0312, 98 µ. */
export function shortNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const [prefix, scale] = scaleOf(Math.abs(value))
  const text = String(Number((value / scale).toPrecision(digits)))
  return prefix === '' ? text : `${text} ${prefix}`
}

/** The ticks of an axis, all with the prefix of the largest and only as many decimals as the increment needs. */
export function axisTexts(ticks: readonly number[], increment: number): readonly string[] {
  const largest = ticks.reduce((max, tick) => Math.max(max, Math.abs(tick)), 0)
  const [prefix, scale] = scaleOf(largest)
  const decimals = decimalsOf(increment / scale)
  return ticks.map((tick) => {
    const text = (tick / scale).toFixed(decimals)
    return prefix === '' || tick === 0 ? text : `${text} ${prefix}`
  })
}

/** The decimals that write the increment in full, so that 0.25 does not become 0.3; at most 12. */
function decimalsOf(increment: number): number {
  for (let decimals = 0; decimals < 12; decimals += 1) {
    const shifted = increment * 10 ** decimals
    if (shifted >= 1 - 1e-6 && Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted)
      return decimals
  }
  return 12
}
