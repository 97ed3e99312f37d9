/** Commands whose queries may need features of the language. */
const takeFeatures = ['check config', 'check rules', 'rules backtest', 'test rules']

/**
 * Promtool's own flags may stand before its commands, as in `--enable-feature=NAME test rules FILE`:
 * they are put behind them, where they mean something, and left out where they mean nothing.
 */
export function commandFirst(parameters: readonly string[]): readonly string[] {
  const features: string[] = []
  let isExperimental = false
  let index = 0
  for (; index < parameters.length; index++) {
    const parameter = parameters[index] ?? ''
    if (parameter === '--experimental') isExperimental = true
    else if (parameter === '--enable-feature') {
      features.push(`${parameter}=${parameters[++index]}`)
    } else if (parameter.startsWith('--enable-feature=')) features.push(parameter)
    else break
  }
  const rest = parameters.slice(index)
  if (rest[0] === undefined || rest[0].startsWith('-')) return parameters
  if (rest[0] === 'promql') {
    return ['promql', ...(isExperimental ? ['--experimental'] : []), ...features, ...rest.slice(1)]
  }
  if (!takeFeatures.includes(rest.slice(0, 2).join(' '))) return rest
  return [...rest.slice(0, 2), ...features, ...rest.slice(2)]
}
