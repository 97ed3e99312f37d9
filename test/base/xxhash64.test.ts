import { expect, it } from 'vitest'
import { xxhash64 } from '../../src/base/xxhash64.ts'

it.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['as', 0x1c330fb2d66be179n],
  ['asd', 0x631c37ce72a97393n],
  ['asdf', 0x415872f599cea71en],
  ['Call me Ishmael. Some years ago--never mind how long precisely-', 0x02a2e85470d6fd96n],
])('XXH64 of %j is that of the reference', (text, hash) => {
  expect(xxhash64(new TextEncoder().encode(text))).toBe(hash)
})
