import { pathToFileURL } from 'node:url'
import type { BuiltFiles } from './built-files.ts'

/** The code of the worker for long jobs, in the same form. */
export function backgroundWorkerSource(files: BuiltFiles): string {
  return new TextDecoder().decode(files.read('background-worker.cjs'))
}

/**
 * The file of the query worker, which takes what V8 compiled of it at the build; in a single executable
 * its code as one CommonJS text, for `new Worker(code, { eval: true })`.
 */
export function queryWorkerSource(files: BuiltFiles): URL | string {
  const path = files.path('query-worker-launch.cjs')
  if (path !== undefined) return pathToFileURL(path)
  return new TextDecoder().decode(files.read('query-worker.cjs'))
}

/** The code of the thread that compares passwords, in the same form. */
export function passwordSource(files: BuiltFiles): string {
  return new TextDecoder().decode(files.read('password-worker.cjs'))
}

/** The code of the thread of a backtest, in the same form. */
export function backtestSource(files: BuiltFiles): string {
  return new TextDecoder().decode(files.read('backtest-worker.cjs'))
}

/** The code of the thread of consoles, in the same form. */
export function consoleSource(files: BuiltFiles): string {
  return new TextDecoder().decode(files.read('console-worker.cjs'))
}

export function logReaderSource(files: BuiltFiles): string {
  return new TextDecoder().decode(files.read('log-reader-worker.cjs'))
}
