import type { WorkerSource } from '../workers/protocol.ts'
import type { BuiltFiles } from './built-files.ts'

/** The code of the worker for long jobs as one CommonJS text, for `new Worker(code, { eval: true })`. */
export function backgroundWorkerSource(files: BuiltFiles): string {
  return textOf(files.read('background-worker.cjs'))
}

/** The code of the query worker, with what V8 compiled of it at the build where that is there. */
export function queryWorkerSource(files: BuiltFiles): WorkerSource {
  const [code, compiled] = [files.shared('query-worker.cjs'), files.shared('query-worker.compiled')]
  if (code === undefined || compiled === undefined)
    return { source: textOf(files.read('query-worker.cjs')) }
  return { source: textOf(files.read('query-worker-launch.cjs')), compiled: { code, compiled } }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The code of the thread that compares passwords, in the same form. */
export function passwordSource(files: BuiltFiles): string {
  return textOf(files.read('password-worker.cjs'))
}

/** The code of the thread of a backtest, in the same form. */
export function backtestSource(files: BuiltFiles): string {
  return textOf(files.read('backtest-worker.cjs'))
}

/** The code of the thread of consoles, in the same form. */
export function consoleSource(files: BuiltFiles): string {
  return textOf(files.read('console-worker.cjs'))
}

export function logReaderSource(files: BuiltFiles): string {
  return textOf(files.read('log-reader-worker.cjs'))
}
