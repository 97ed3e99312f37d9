import type { FieldReader } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'

/** Names of a secret manager that upstream offers to programs which embed it. */
export function refuseRefs(
  fields: FieldReader,
  keys: readonly string[],
  context: ReadContext,
): void {
  for (const key of keys) {
    const field = fields.take(key)
    if (field !== undefined) context.notBuilt(key, field)
  }
}
