import type { YamlScalar } from './yaml-node.ts'
import { yamlFloat, yamlInteger } from './yaml-number.ts'

const nothing = /^(?:~|null|Null|NULL|)$/
const truth =
  /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/

const says: Readonly<Record<string, (scalar: YamlScalar) => boolean>> = {
  '!!null': ({ text }) => nothing.test(text),
  '!!bool': ({ text }) => truth.test(text),
  '!!int': (scalar) =>
    yamlInteger(scalar) !== undefined && /^[^.eE]*$|^[-+]?0[xX]/.test(scalar.text),
  '!!float': (scalar) => yamlFloat(scalar) !== undefined,
}

/** What is wrong with a text that is not what its tag says, in the words of Go's decoder. */
export function tagFault(scalar: YamlScalar): string | undefined {
  const { tag = '', text } = scalar
  if (says[tag]?.(scalar) !== false) return undefined
  const found = Object.keys(says).find((other) => says[other]?.({ ...scalar, tag: other }))
  return `cannot decode ${found ?? '!!str'} \`${text}\` as a ${tag}`
}
