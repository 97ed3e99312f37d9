/**
 * Assertions state what must hold whatever the input was. They stay on in production: a broken
 * one means that our own state can no longer be trusted, so nothing catches it on the way to the
 * owner of the thread (main flushes the WAL and exits 1, a query worker is replaced).
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: boolean, message = 'assertion failed'): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Marks the branch that a closed union rules out; a new member stops the build here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}

/** An index that the caller has proved to be inside; answers the element or breaks the assertion. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index]
  if (value === undefined) throw new AssertionError(`index ${index} outside 0..${list.length - 1}`)
  return value
}
