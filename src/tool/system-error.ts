/** Whether it is what the system refused, such as ENOENT, and not a fault of the program. */
export function isSystemError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'code' in thrown
}
