/**
 * Characters that mean something to scripts, styles and URLs, by the names that HTML has for them;
 * all others that have a name are as good as letters there.
 */
const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['AMP', '&'],
  ['ast', '*'],
  ['bsol', '\\'],
  ['colon', ':'],
  ['comma', ','],
  ['commat', '@'],
  ['dollar', '$'],
  ['emsp', '\u2003'],
  ['ensp', '\u2002'],
  ['equals', '='],
  ['excl', '!'],
  ['grave', '`'],
  ['DiacriticalGrave', '`'],
  ['gt', '>'],
  ['GT', '>'],
  ['hairsp', '\u200a'],
  ['Hat', '^'],
  ['lbrace', '{'],
  ['lbrack', '['],
  ['lcub', '{'],
  ['lowbar', '_'],
  ['lpar', '('],
  ['lsqb', '['],
  ['lt', '<'],
  ['LT', '<'],
  ['midast', '*'],
  ['nbsp', '\u00a0'],
  ['NewLine', '\n'],
  ['NonBreakingSpace', '\u00a0'],
  ['num', '#'],
  ['percnt', '%'],
  ['period', '.'],
  ['plus', '+'],
  ['quest', '?'],
  ['quot', '"'],
  ['QUOT', '"'],
  ['rbrace', '}'],
  ['rbrack', ']'],
  ['rcub', '}'],
  ['rpar', ')'],
  ['rsqb', ']'],
  ['semi', ';'],
  ['sol', '/'],
  ['Tab', '\t'],
  ['thinsp', '\u2009'],
  ['UnderBar', '_'],
  ['verbar', '|'],
  ['vert', '|'],
  ['VerticalLine', '|'],
])

/** The text of an attribute's value, for the machine that reads what it says. */
export function withoutEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#x([0-9a-f]+);?|#(\d+);?|([a-z]+);|(amp|lt|gt|quot|nbsp))/gi,
    (whole, hex?: string, decimal?: string, name?: string, begun?: string) => {
      if (hex !== undefined) return characterOf(Number.parseInt(hex, 16))
      if (decimal !== undefined) return characterOf(Number(decimal))
      return named.get(name ?? begun ?? '') ?? whole
    },
  )
}

/** What is no character, or a character of Windows, is any that means nothing. */
function characterOf(code: number): string {
  const isNone = code === 0 || (code >= 0x80 && code <= 0x9f) || code > 0x10ffff
  return isNone || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code)
}
