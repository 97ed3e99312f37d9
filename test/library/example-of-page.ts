import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** The example of a page that begins with an import of the library. */
export function exampleOfPage(page: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  const [, example = ''] = /```ts\n(import \{ open \} from 'narthex'\n.*?)```/s.exec(text) ?? []
  return example
}
