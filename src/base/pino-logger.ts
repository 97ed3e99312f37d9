import pino from 'pino'
import { systemClock } from './clock.ts'
import type { Logger, LogValue } from './logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'logfmt' | 'json'

/** A log in one of Prometheus' two forms (row F1.41), written line by line to stderr. */
export function pinoLogger(
  level: LogLevel,
  format: LogFormat,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const stream = { write: format === 'json' ? write : (line: string) => write(logfmt(line)) }
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"time":"${new Date(systemClock.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    stream,
  )
  return wrap(log)
}

function wrap(log: pino.Logger): Logger {
  type Fields = Readonly<Record<string, LogValue>>
  return {
    debug: (message, fields: Fields = {}) => log.debug(fields, message),
    info: (message, fields: Fields = {}) => log.info(fields, message),
    warn: (message, fields: Fields = {}) => log.warn(fields, message),
    error: (message, fields: Fields = {}) => log.error(fields, message),
    with: (fields) => wrap(log.child(fields)),
  }
}

/** `time=... level=INFO msg="..." key=value`, as Go's slog writes it. */
function logfmt(line: string): string {
  const parsed: unknown = JSON.parse(line)
  if (typeof parsed !== 'object' || parsed === null) return line
  const { time, level, msg, ...fields }: Record<string, unknown> = { ...parsed }
  const first = { time, level, msg }
  return `${Object.entries({ ...first, ...fields })
    .map(pair)
    .join(' ')}\n`
}

function pair([key, value]: [string, unknown]): string {
  const text = typeof value === 'string' ? value : String(value)
  const needsQuotes = text === '' || /[\s"=\\]|[^\x20-\x7e]/.test(text)
  return `${key}=${needsQuotes ? JSON.stringify(text) : text}`
}
