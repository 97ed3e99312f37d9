import { goQuote } from '../../model/go-quote.ts'

/** What the API server's client says against a field selector such as a.b=c,d!=e, or undefined. */
export function fieldSelectorFault(selector: string): string | undefined {
  for (const term of selector.split(/(?<!\\),/)) {
    if (term === '') continue
    if (!/^[^!=]*(?:!=|==?)/.test(term)) {
      return `invalid selector: '${selector}'; can't understand '${term}'`
    }
    const value = term.replace(/^[^!=]*(?:!=|==?)/, '')
    if (/(?:^|[^\\])(?:\\\\)*=/.test(value) || /\\(?![\\,=])/.test(value)) {
      return `invalid field selector: invalid value in '${term}'`
    }
  }
  return undefined
}

const namePart = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)$/
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/**
 * What the API server's client says against a label selector, or undefined: a list of key, !key,
 * key=value, key!=value, key in (a,b), key notin (a,b), key>1 and key<1.
 */
export function labelSelectorFault(selector: string): string | undefined {
  let rest = selector.trim()
  while (rest !== '') {
    const found = requirement.exec(rest)
    if (found === null) return `unable to parse requirement: found ${goQuote(rest)}`
    const [whole, key = '', operator = '', set, value = ''] = found
    const values = set === undefined ? [value.trim()] : set.split(',').map((item) => item.trim())
    const fault = keyFault(key) ?? valuesFault(operator, values)
    if (fault !== undefined) return `unable to parse requirement: ${fault}`
    rest = rest.slice(whole.length)
  }
  return undefined
}

const requirement =
  /^\s*!?\s*([^\s!=<>(),]+)\s*(?:(in|notin)\s*\(([^()]*)\)|(?:==?|!=|<|>)([^,=!<>()]*))?\s*(?:,\s*(?=\S)|$)/

function keyFault(key: string): string | undefined {
  const [name = '', prefix] = key.split('/').reverse()
  const isWell =
    key.split('/').length <= 2 &&
    (prefix === undefined || (subdomain.test(prefix) && prefix.length <= 253)) &&
    namePart.test(name) &&
    name.length <= 63
  return isWell ? undefined : `key: Invalid value: ${goQuote(key)}: name part is no qualified name`
}

function valuesFault(operator: string, values: readonly string[]): string | undefined {
  if (operator !== '' && values.every((value) => value === '')) {
    return "for 'in', 'notin' operators, values set can't be empty"
  }
  const odd = values.find((value) => value !== '' && (!namePart.test(value) || value.length > 63))
  return odd === undefined
    ? undefined
    : `values: Invalid value: ${goQuote(odd)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`
}
