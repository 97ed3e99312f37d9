/** `legacy` = the ASCII names of Prometheus 2, `utf8` = any non-empty UTF-8 text. */
export type NameScheme = 'utf8' | 'legacy'

export function isValidLabelName(name: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) : isValidUtf8Name(name)
}

export function isValidMetricName(name: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) : isValidUtf8Name(name)
}

/** Text decoded from broken UTF-8 holds replacement characters and is refused where it is read. */
function isValidUtf8Name(name: string): boolean {
  return name !== '' && !/[\ud800-\udfff]/u.test(name)
}
