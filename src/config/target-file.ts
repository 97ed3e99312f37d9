import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { readStaticGroup, type StaticGroup } from './discovery/static.ts'
import { documentProblem, type Located, listItems } from './field-reader.ts'
import { ConfigProblem, placeText } from './problem.ts'
import { readPastFaults } from './read-past-faults.ts'
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
    if (node === undefined || isNull(node)) return []
    return readPastFaults({ node, path: '' }, readGroups)
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    const message = `${thrown.message}${placeText(file, thrown.place)}`
    throw new NarthexError('CONFIG_INVALID', message, { cause: thrown })
  }
}

function readGroups(at: Located): readonly StaticGroup[] {
  return listItems(at, '[]*targetgroup.Group').map((item) => {
    if (isNull(item.node)) throw documentProblem('nil target group item found', item)
    return readStaticGroup(item)
  })
}
