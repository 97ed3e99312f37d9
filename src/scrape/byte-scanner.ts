import { byteClass, colon, digit, type LexState, lexState, nameStart } from './token.ts'

const quote = 0x22
const backslash = 0x5c
const newline = 0x0a

/** What both lexers share: the cursor and the few patterns that they have in common. */
export class ByteScanner {
  position = 0
  start = 0
  state: LexState = lexState.start
  protected readonly bytes: Uint8Array
  protected readonly length: number

  constructor(bytes: Uint8Array, length: number) {
    this.bytes = bytes
    this.length = length
  }

  /** The byte at the cursor; 0 at the end. */
  protected current(): number {
    return this.position < this.length ? (this.bytes[this.position] ?? 0) : 0
  }

  /** Steps on; zero bytes inside help texts and label values are skipped over, as upstream does. */
  protected advance(): number {
    this.position++
    const skipsZero =
      this.state === lexState.labelValue ||
      this.state === lexState.text ||
      this.state === lexState.comment
    while (skipsZero && this.position < this.length && this.bytes[this.position] === 0) {
      this.position++
    }
    return this.current()
  }

  /** Steps over bytes of the classes, from the one after the cursor on. */
  protected skipClass(classes: number): void {
    let byte = this.advance()
    while (((byteClass[byte] ?? 0) & classes) !== 0) byte = this.advance()
  }

  protected skipName(): void {
    this.skipClass(nameStart | colon | digit)
  }

  /**
   * From an opening quote to behind the closing one. False where it is not closed; the cursor then
   * stands where it went wrong.
   */
  protected skipQuoted(allowsNewline: boolean): boolean {
    let byte = this.advance()
    while (byte !== quote) {
      if (byte === 0 || (byte === newline && !allowsNewline)) return false
      if (byte === backslash) {
        byte = this.advance()
        if (byte === 0 || byte === newline) return false
      }
      byte = this.advance()
    }
    this.advance()
    return true
  }

  /** Steps over a word; false at the first byte that differs. */
  protected skipWord(word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      if (this.current() !== word.charCodeAt(index)) return false
      this.advance()
    }
    return true
  }
}
