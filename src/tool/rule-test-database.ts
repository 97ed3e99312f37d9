import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { silentLogger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { RuleTest } from '../config/rule-test-file.ts'
import { appendRows } from '../library/append-rows.ts'
import { InProcessRunner } from '../library/in-process-runner.ts'
import { rowsOfLine, type SampleRow } from '../library/sample-rows.ts'
import { temporaryDirectory, temporaryOptions } from '../library/temporary-database.ts'
import { printDurationMs } from '../model/duration.ts'
import { engineFlags } from '../promql/engine-flags.ts'
import { QueryParseError } from '../promql/parse/parse-error.ts'
import type { QueryBounds } from '../storage/query-runner.ts'
import { Database } from '../tsdb/db.ts'
import type { TestCommand } from './test-command-line.ts'

interface RuleTestDatabase {
  readonly database: Database
  readonly runner: InProcessRunner
  readonly bounds: QueryBounds
  close(): Promise<void>
}

type EngineParts = Pick<TestCommand, 'features' | 'atModifier' | 'negativeOffset'>

/** A database for one test; its clock is the time of the evaluation. */
export async function openRuleTestDatabase(
  clock: Clock,
  { features, atModifier, negativeOffset }: EngineParts,
  subqueryStepMs: number,
): Promise<RuleTestDatabase> {
  const directory = temporaryDirectory()
  const database = await Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock,
    logger: silentLogger,
    outOfOrderWindowMs: () => 0,
    ...temporaryOptions,
    // A test over centuries would make a block of each of its days that has a sample.
    flushDelayMs: Number.POSITIVE_INFINITY,
  })
  const flags = engineFlags((name) => features.includes(name))
  const engine = { ...flags, atModifier, negativeOffset }
  const runner = new InProcessRunner(database, clock, engine)
  return {
    database,
    runner,
    bounds: {
      timeoutMs: limits.queryTimeoutMs,
      lookbackMs: limits.queryLookbackMs,
      samplesMax: limits.querySamplesMax,
      subqueryStepMs,
      limit: 0,
    },
    async close() {
      await runner.close()
      await database.close()
      nodeFileSystem.remove(directory, { recursive: true })
    },
  }
}

/** The series of a test, handed to the database as time goes by. */
export class InputSeries {
  #rows: readonly SampleRow[]

  private constructor(rows: readonly SampleRow[]) {
    this.#rows = rows
  }

  /**
   * Reads the series as the lines of a `load` command, which upstream makes of them: an empty line
   * or a remark ends it, and of two lines for the same series the last counts. An
   * Error says which line is wrong.
   */
  static of({ intervalMs, inputSeries }: RuleTest, startMs: number): InputSeries | Error {
    const written = inputSeries.map(({ series, values }) => `  ${series} ${values}\n`)
    const lines = `load ${printDurationMs(intervalMs)}\n${written.join('')}`.split('\n')
    const found = new Map<string, readonly SampleRow[]>()
    for (const [index, untrimmed] of lines.entries()) {
      const line = untrimmed.trim()
      if (index === 0) continue
      if (line === '' || line.startsWith('#')) break
      try {
        const rows = rowsOfLine(line, startMs, intervalMs)
        const [first] = rows
        if (first !== undefined) found.set(first.labels.key(), rows)
      } catch (thrown) {
        if (!(thrown instanceof QueryParseError)) throw thrown
        // The line of the command, not of the series.
        return new Error(thrown.message.replace(/^1:/, `${index + 1}:`))
      }
    }
    return new InputSeries([...found.values()].flat().sort((a, b) => a.timeMs - b.timeMs))
  }

  /** Appends what is not later than the time; what was refused in words. */
  appendTill(timeMs: number, database: Database): string | undefined {
    const end = this.#rows.findIndex((row) => row.timeMs > timeMs)
    const due = end < 0 ? this.#rows : this.#rows.slice(0, end)
    this.#rows = end < 0 ? [] : this.#rows.slice(end)
    return due.length === 0 ? undefined : appendRows(database, due).refused[0]?.reason
  }
}
