/** A value of JSON as YAML in blocks, every text in quotes where another reader could take it for something else. */
export function yamlText(value: unknown): string {
  return `${lines(value, '').join('\n').trimStart()}\n`
}

/** For a scalar one line that goes behind its key; else lines that go below it. */
function lines(value: unknown, indent: string): readonly string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [' []']
    return ['', ...value.flatMap((one) => dashed(lines(one, `${indent}  `), indent))]
  }
  if (typeof value !== 'object' || value === null) return [` ${scalar(value)}`]
  const entries = Object.entries(value)
  if (entries.length === 0) return [' {}']
  return [
    '',
    ...entries.flatMap(([key, one]) => {
      const [first = '', ...rest] = lines(one, `${indent}  `)
      return [`${indent}${scalar(key)}:${first}`, ...rest]
    }),
  ]
}

/** The first line goes behind the dash. */
function dashed(
  [first = '', second, ...rest]: readonly string[],
  indent: string,
): readonly string[] {
  if (second === undefined) return [`${indent}-${first}`]
  return [`${indent}- ${second.trimStart()}`, ...rest]
}

const plainText = /^[A-Za-z_/][A-Za-z0-9_/.-]*$/
/** What YAML readers of any version take for another kind of value. */
const otherKind = /^(?:y|n|yes|no|on|off|true|false|null)$/i

function scalar(value: unknown): string {
  if (typeof value === 'string' && plainText.test(value) && !otherKind.test(value)) return value
  return JSON.stringify(value)
}
