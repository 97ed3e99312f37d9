import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import '../../src/http/http-client.ts'

test("of undici the client loads what speaks HTTP/1.1, not the package's fetch and caches", () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache).flatMap(
    (path) => /undici\/(lib\/[^/]+)/.exec(path)?.[1] ?? [],
  )
  expect(loaded).toContain('lib/dispatcher')
  expect(loaded).not.toContain('lib/web')
  expect(loaded).not.toContain('lib/cache')
})
