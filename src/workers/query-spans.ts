import type { Clock } from '../base/clock.ts'
import type { Tracer } from '../base/tracer.ts'
import type { FinishedQuery } from './query-log.ts'

/**
 * The spans of a query, under upstream's names, made when it has its answer from what its statistics
 * say: engine and workers know nothing of tracing. Beside upstream's stand what comes before the
 * evaluation (parse and plan) and behind it (the answer as text, and its way here).
 */
export function traceQuery(tracer: Tracer, query: FinishedQuery, clock: Clock): void {
  if (!tracer.isOn) return
  const endMs = clock.wallMs()
  const { request, statistics, error, tookMs } = query
  const startMs = endMs - tookMs
  const from = startMs - statistics.queuedMs
  const root = tracer.start('promqlExec', { parent: request.trace, startMs: from })
  if (root === undefined) return
  root.set('query', request.query)
  root.set('kind', request.kind)
  root.set('samples', statistics.samples.looked)
  root.set('peak_samples', statistics.samples.peak)
  if (error !== undefined) root.fail(error)
  root.child('promqlExecQueue', { startMs: from }).end(startMs)
  const { preparationMs, evaluationMs, sortMs, totalMs } = statistics
  const evalMs = preparationMs + evaluationMs + (sortMs ?? 0)
  const evalStartMs = startMs + Math.max(0, totalMs - evalMs)
  root.child('parse and plan', { startMs }).end(evalStartMs)
  const evaluation = root.child('promqlEval', { startMs: evalStartMs })
  const preparedMs = evalStartMs + preparationMs
  evaluation.child('promqlPrepare', { startMs: evalStartMs }).end(preparedMs)
  evaluation.child('promqlInnerEval', { startMs: preparedMs }).end(preparedMs + evaluationMs)
  if (sortMs !== undefined) {
    const sortStartMs = preparedMs + evaluationMs
    evaluation.child('promqlSort', { startMs: sortStartMs }).end(sortStartMs + sortMs)
  }
  evaluation.end(evalStartMs + evalMs)
  root.child('serialize', { startMs: Math.min(endMs, startMs + totalMs) }).end(endMs)
  root.end(endMs)
}
