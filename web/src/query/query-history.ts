import { readSetting, useSetting, writeSetting } from '../shell/local-setting.ts'

/** Expressions remembered by this browser; older ones are forgotten. */
const historyMax = 50

function parseHistory(text: string | null): readonly string[] {
  if (text === null) return []
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
  } catch (thrown) {
    // Something else wrote there; the history begins anew.
    if (thrown instanceof SyntaxError) return []
    throw thrown
  }
}

/** Puts an expression that was run in front of the history. */
export function rememberQuery(expr: string): void {
  if (expr === '') return
  const older = parseHistory(readSetting('query-history')).filter((item) => item !== expr)
  writeSetting('query-history', JSON.stringify([expr, ...older].slice(0, historyMax)))
}

export function useQueryHistory(): readonly string[] {
  return parseHistory(useSetting('query-history')[0])
}
