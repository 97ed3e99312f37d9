import { simpleUpperCase } from '../model/simple-case.ts'

/**
 * The first cased letter of every word in title case, the others as they are: Go's cases.Title
 * without lower case. A word is letters, digits and what joins them, by Unicode's word boundaries.
 */
export function titled(text: string): string {
  return text.replace(words, (word) => word.replace(/\p{Cased}/u, titleCase))
}

const words =
  /(?:(?!\p{Ideographic})\p{Alphabetic}[\p{M}\p{Cf}]*(?:['’.:·‧][\p{M}\p{Cf}]*(?=\p{Alphabetic}))?|\p{Nd}[\p{M}\p{Cf}]*(?:['’.,;][\p{M}\p{Cf}]*(?=\p{Nd}))?|[\p{Pc}\p{M}\p{Cf}])+/gu

function titleCase(letter: string): string {
  const own = titlesOfTheirOwn.get(letter)
  if (own !== undefined) return own
  const [first = '', ...rest] = letter.toUpperCase()
  const simple = simpleUpperCase(letter)
  return rest.length === 0 || simple !== letter ? simple : first + rest.join('').toLowerCase()
}

/** Two letters in one, of which a title has only the first large; Georgian has no large letters there. */
const titlesOfTheirOwn: ReadonlyMap<string, string> = new Map([
  ...['ǄǅǆǅǇǈǉǈǊǋǌǋǱǲǳǲ'].flatMap((row) =>
    [...row].map((letter, at, all) => [letter, all[at - (at % 4) + 1] ?? letter] as const),
  ),
  ...Array.from({ length: 0x30 }, (_, at) => String.fromCodePoint(0x10d0 + at)).map(
    (letter) => [letter, letter] as const,
  ),
  ['ŉ', 'ʼN'],
])
