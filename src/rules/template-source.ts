/** A text that templates are read from. */
export interface TemplateSource {
  readonly name: string
  readonly text: string
}

/** Where an offset of the text is, as Go's messages have it: name, line, and bytes before it. */
export function placeOf({ name, text }: TemplateSource, offset: number): string {
  const before = text.slice(0, offset)
  const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1))
  return `${name}:${before.split('\n').length}:${column}`
}
