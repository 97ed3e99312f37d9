import { LabelTexts } from '../../src/model/label-texts.ts'

/** The texts as strings. */
export function stringsOf(texts: LabelTexts): string[] {
  return Array.from({ length: texts.count }, (_, text) =>
    new TextDecoder().decode(texts.bytes.subarray(texts.start(text), texts.end(text))),
  )
}

/** The texts of name, value, name, ... */
export function labelTexts(...strings: readonly string[]): LabelTexts {
  const texts = new LabelTexts()
  texts.begin(Buffer.from(strings.join('')))
  let end = 0
  for (const string of strings) {
    const start = end
    end += Buffer.byteLength(string)
    texts.add(start, end)
  }
  return texts
}
