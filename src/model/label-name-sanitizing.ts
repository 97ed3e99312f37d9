/** Every character outside of `[a-zA-Z0-9_]` as `_`: for a name behind a prefix that is right. */
export function sanitizeLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/gu, '_')
}

/** The same for a whole name, which is not empty and begins with no digit. */
export function sanitizeFullLabelName(name: string): string {
  return name === '' ? '_' : sanitizeLabelName(name).replace(/^[0-9]/, '_')
}
