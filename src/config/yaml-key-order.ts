/**
 * The order of the keys of a free mapping in Go's YAML: letters behind all else, runs of digits as
 * numbers (a2 before a10).
 */
export function compareYamlKeys(left: string, right: string): number {
  const a = Array.from(left)
  const b = Array.from(right)
  const same = a.findIndex((character, index) => character !== b[index])
  const at = same < 0 ? Math.min(a.length, b.length) : same
  const first = a[at]
  const second = b[at]
  if (first === undefined || second === undefined) return a.length - b.length
  const isLetter = /\p{L}/u
  if (isLetter.test(first) && isLetter.test(second)) return compareCharacters(first, second)
  if (isLetter.test(first)) return 1
  if (isLetter.test(second)) return -1
  const [x, y] = [digitsFrom(a, at), digitsFrom(b, at)]
  const lead = hasLead(a, at) && (first === '0' || second === '0') ? '1' : '0'
  const byNumber = Number(lead + x) - Number(lead + y)
  return byNumber || x.length - y.length || compareCharacters(first, second)
}

function compareCharacters(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0)
}

function digitsFrom(characters: readonly string[], at: number): string {
  const end = characters.findIndex((character, index) => index >= at && !/\d/.test(character))
  return characters.slice(at, end < 0 ? undefined : end).join('')
}

/** Whether a digit other than 0 stands before, in the same run. */
function hasLead(characters: readonly string[], at: number): boolean {
  for (let index = at - 1; /\d/.test(characters[index] ?? ''); index--) {
    if (characters[index] !== '0') return true
  }
  return false
}
