import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { FileSystem } from '../base/file-system.ts'
import { joinDirectory } from './directory.ts'
import { listItems, mapOf, textOf } from './field-reader.ts'
import { filesMatching } from './glob.ts'
import { configInvalid } from './problem.ts'
import { isNull, parseYaml } from './yaml-node.ts'

/**
 * Equal while nothing changed in a configuration file, its rule files and its scrape config files,
 * nor in which files their globs name (row F1.2). Throws NarthexError CONFIG_INVALID for text that
 * is no YAML, and what reading a file throws.
 */
export function watchedFilesChecksum(fs: FileSystem, path: string): string {
  const hash = createHash('sha256')
  const content = fs.readFile(path)
  hash.update(content)
  try {
    const text = new TextDecoder().decode(content)
    for (const key of ['rule_files', 'scrape_config_files']) {
      for (const glob of namedFiles(text, key)) {
        for (const file of filesMatching(fs, joinDirectory(dirname(path), glob))) {
          hash.update(`${key}\0${file}\0`).update(fs.readFile(file)).update('\0')
        }
      }
    }
  } catch (thrown) {
    throw configInvalid(thrown, path)
  }
  return hash.digest('hex')
}

function namedFiles(text: string, key: string): readonly string[] {
  const node = parseYaml(text)
  if (node === undefined) return []
  const field = mapOf({ node, path: '' }).get(key)
  return field === undefined || isNull(field.node)
    ? []
    : listItems(field).map((item) => textOf(item))
}
