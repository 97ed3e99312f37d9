/** Tokens of both exposition formats; names as upstream's messages spell them. */
export const token = {
  invalid: 0,
  eof: 1,
  lineBreak: 2,
  whitespace: 3,
  help: 4,
  type: 5,
  unit: 6,
  eofWord: 7,
  text: 8,
  comment: 9,
  metricName: 10,
  quotedString: 11,
  braceOpen: 12,
  braceClose: 13,
  labelName: 14,
  labelValue: 15,
  comma: 16,
  equal: 17,
  timestamp: 18,
  value: 19,
} as const

export type Token = (typeof token)[keyof typeof token]

export const tokenNames: Readonly<Record<Token, string>> = {
  [token.invalid]: 'INVALID',
  [token.eof]: 'EOF',
  [token.lineBreak]: 'LINEBREAK',
  [token.whitespace]: 'WHITESPACE',
  [token.help]: 'HELP',
  [token.type]: 'TYPE',
  [token.unit]: 'UNIT',
  [token.eofWord]: 'EOFWORD',
  [token.text]: 'TEXT',
  [token.comment]: 'COMMENT',
  [token.metricName]: 'MNAME',
  [token.quotedString]: 'QSTRING',
  [token.braceOpen]: 'BOPEN',
  [token.braceClose]: 'BCLOSE',
  [token.labelName]: 'LNAME',
  [token.labelValue]: 'LVALUE',
  [token.comma]: 'COMMA',
  [token.equal]: 'EQUAL',
  [token.timestamp]: 'TIMESTAMP',
  [token.value]: 'VALUE',
}

/** Where in a line a lexer is; each state allows its own tokens. */
export const lexState = {
  start: 0,
  comment: 1,
  family: 2,
  text: 3,
  labels: 4,
  labelValue: 5,
  value: 6,
  timestamp: 7,
  exemplar: 8,
  exemplarValue: 9,
  exemplarTimestamp: 10,
} as const

export type LexState = (typeof lexState)[keyof typeof lexState]

/** Bits of a byte: may start a label name, is a colon, is a digit. */
export const byteClass = new Uint8Array(256)
export const nameStart = 1
export const colon = 2
export const digit = 4

for (let byte = 0; byte < 256; byte++) {
  const text = String.fromCharCode(byte)
  if (/[a-zA-Z_]/.test(text)) byteClass[byte] = nameStart
  if (text === ':') byteClass[byte] = colon
  if (/[0-9]/.test(text)) byteClass[byte] = digit
}

export interface Lexer {
  /** The next byte to read. */
  position: number
  /** Of the last token. */
  readonly start: number
  state: LexState
  lex(): Token
}
