import { isNull, type YamlNode } from './yaml-node.ts'

/** What YAML can say, and JSON too. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainMap

export interface PlainMap {
  readonly [key: string]: PlainValue
}

/** A document for a reader that is not ours: scalars as Go's decoder of YAML 1.1 takes them. */
export function plainValue(node: YamlNode): PlainValue {
  if (isNull(node)) return null
  if (node.kind === 'list') return node.items.map(plainValue)
  if (node.kind === 'map') {
    return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, plainValue(value)]))
  }
  if (!node.plain) return node.text
  if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(node.text)) return true
  if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(node.text)) return false
  const isNumber = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(node.text)
  return isNumber ? Number(node.text) : node.text
}
