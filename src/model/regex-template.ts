import type { RegexGroups } from './regex.ts'

/**
 * Go's Expand: $1, ${1}, $name, ${name}, as long as letters, digits and _ go on; $$ is a dollar, as
 * is one that nothing of these follows; an unknown group is empty, and 01 is a name.
 */
export function expandTemplate(template: string, groups: RegexGroups): string {
  if (!template.includes('$')) return template
  return template.replace(variable, (_, bare?: string, braced?: string) => {
    const name = bare ?? braced
    if (name === undefined) return '$'
    return /^(?:0|[1-9]\d*)$/.test(name) ? groups.group(Number(name)) : groups.named(name)
  })
}

const variable = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})?/gu
