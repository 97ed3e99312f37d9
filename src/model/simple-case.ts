/**
 * Upper and lower case as Go has them: one code point becomes one code point, by Unicode's simple
 * mapping, whatever stands beside it.
 */
export function simpleUpperCase(text: string): string {
  return Array.from(text, upperCodePoint).join('')
}

export function simpleLowerCase(text: string): string {
  return Array.from(text, lowerCodePoint).join('')
}

// Where JavaScript makes several out of one (ß to SS), the simple mapping leaves the character as
// it is; only Greek letters with an iota below become the one letter that has it beside.
function upperCodePoint(point: string): string {
  const upper = point.toUpperCase()
  return [...upper].length === 1 ? upper : (iotaBeside.get(point) ?? point)
}

function lowerCodePoint(point: string): string {
  return point === 'İ' ? 'i' : point.toLowerCase()
}

const iotaBeside: ReadonlyMap<string, string> = new Map(
  [0x1f80, 0x1f90, 0x1fa0]
    .flatMap((first) => Array.from({ length: 8 }, (_, index) => [first + index, first + index + 8]))
    .concat([0x1fb3, 0x1fc3, 0x1ff3].map((code) => [code, code + 9]))
    .map(([small = 0, large = 0]) => [String.fromCodePoint(small), String.fromCodePoint(large)]),
)
