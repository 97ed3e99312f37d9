/**
 * Errors of the world (disk, network, somebody's bytes) and of the caller. Each class has a stable
 * code that is listed here, never reused, and provoked by a test. Our own faults are assertions
 * (assert.ts), not errors.
 */
export const errorCodes = [
  'CONFIG_INVALID', // a configuration file, with file, line and path
  'FLAG_INVALID', // the command line
  'SETTING_INVALID', // what a flag or the configuration says reads well, but cannot be worked with
  'NOT_BUILT_YET', // accepted by Prometheus, not by this version: refused by name
  'DIRECTORY_LOCKED', // another process owns the data directory
  'DIRECTORY_UNUSABLE', // the data directory cannot be used
  'ADDRESS_UNUSABLE', // an address of --web.listen-address cannot be listened on
  'TSDB_CORRUPTION', // bytes on disk are not what was written
  'BACKGROUND_JOB', // a flush or compaction that could not be done: it is tried again
  'TSDB_READ_ONLY', // the database cannot write now (disk full, failed sync)
  'BODY_TOO_LARGE', // a body or its decompressed form is over its limit
  'BODY_INVALID', // a body that does not decode
  'EXPOSITION_INVALID', // a scraped page that does not parse
  'SCRAPE_LIMIT', // a scraped page over one of its limits
  'HTTP_REQUEST_FAILED', // an outbound request that got no usable answer
  'QUERY_PARSE', // PromQL text that does not parse
  'QUERY_EXECUTION', // a query that cannot be answered (types, matching, limits)
  'QUERY_TIMEOUT',
  'QUERY_CANCELED',
  'QUERY_QUEUE_FULL', // more queries are waiting than the queue holds
  'PARAMETER_INVALID', // a parameter of an HTTP request
  'LIMIT_EXCEEDED', // any other bound of limits.ts
  'CLOSED', // used after close
] as const

export type ErrorCode = (typeof errorCodes)[number]

export class NarthexError extends Error {
  override readonly name: string = 'NarthexError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
  }
}

/** The text of anything that was thrown, for messages that wrap it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
