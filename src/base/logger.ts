export type LogValue = string | number | boolean | null | undefined

/** One line per call: a constant message and its fields. Values never hold secrets: `Secret` prints as <secret>. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, LogValue>>): void
  info(message: string, fields?: Readonly<Record<string, LogValue>>): void
  warn(message: string, fields?: Readonly<Record<string, LogValue>>): void
  error(message: string, fields?: Readonly<Record<string, LogValue>>): void
  /** The same logger with fields on every line, such as the component. */
  with(fields: Readonly<Record<string, LogValue>>): Logger
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLogger,
}
