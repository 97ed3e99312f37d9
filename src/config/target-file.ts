import { limits } from '../base/limits.ts'
import { readStaticGroup, type StaticGroup } from './discovery/static.ts'
import { listItems, problem } from './field-reader.ts'
import { ConfigProblem, configInvalid } from './problem.ts'
import { isNull, parseYaml } from './yaml-node.ts'

/**
 * The target groups of a YAML file that file discovery reads.
 * Throws NarthexError CONFIG_INVALID with file and line.
 */
export function readTargetFile(text: string, file: string): readonly StaticGroup[] {
  try {
    if (Buffer.byteLength(text) > limits.configBytesMax) {
      throw new ConfigProblem(`file is over ${limits.configBytesMax} bytes`, undefined)
    }
    const node = parseYaml(text)
    if (node === undefined) return []
    return listItems({ node, path: '' }).map((item) => {
      if (isNull(item.node)) throw problem('nil target group item found', item)
      return readStaticGroup(item)
    })
  } catch (thrown) {
    throw configInvalid(thrown, file)
  }
}
