import { ExpositionError, type ExpositionParser, entryKind } from './exposition.ts'
import { OpenMetricsParser } from './parse-openmetrics.ts'

const createdSuffix = '_created'

/**
 * Start timestamps of an OpenMetrics page: those that the _created lines of a family tell. A series
 * has the one of the next such line in its family if that is of the same labels (upstream's rule,
 * model/textparse/openmetricsparse.go), or the one that was found last if that is. A second parser
 * runs ahead to find those lines; it reads each line once, so that work stays linear.
 */
export class OpenMetricsStarts {
  readonly #scout: OpenMetricsParser
  /** Whose series come, by the last line of metadata. */
  #family = ''
  /** Where the scout has come to. */
  #scoutedTo = 0
  /** The next _created line: where it begins, of what it is, and what it tells. */
  #nextAt = -1
  #nextKey = ''
  #nextMs = 0
  /** The scout has seen the end of the series of this family. */
  #isFamilyOver = false
  #lastKey = ''
  #lastMs = 0

  constructor(bytes: Uint8Array, lengthBytes: number) {
    const options = { skipCreated: false, typeAndUnitLabels: false }
    this.#scout = new OpenMetricsParser(bytes, lengthBytes, options)
  }

  /** The page is at a line that is no series; it tells of this family, or of none. */
  metadataComes(family: string | undefined): void {
    if (family !== undefined) this.#family = family
    this.#isFamilyOver = false
    this.#nextAt = -1
  }

  /** In milliseconds, of the series that the parser is at; 0 where the page tells none. */
  of(parser: ExpositionParser): number {
    const { metricType } = parser
    if (metricType !== 'counter' && metricType !== 'summary' && metricType !== 'histogram') {
      this.#lastMs = 0
      return 0
    }
    const key = metricKey(parser, this.#family.length)
    if (this.#lastMs > 0 && key === this.#lastKey) return this.#lastMs
    this.#lookAhead(parser)
    this.#lastMs = this.#nextAt >= 0 && key === this.#nextKey ? this.#nextMs : 0
    this.#lastKey = key
    return this.#lastMs
  }

  /** Finds the first _created line behind the parser's position, within its family. */
  #lookAhead(parser: ExpositionParser): void {
    if (this.#isFamilyOver || this.#nextAt >= parser.position) return
    const scout = this.#scout
    this.#nextAt = -1
    scout.position = Math.max(parser.position, this.#scoutedTo)
    scout.metricType = parser.metricType
    try {
      while (scout.next() === entryKind.series) {
        this.#scoutedTo = scout.position
        const name = scout.labelPairs()[1] ?? ''
        if (!name.endsWith(createdSuffix)) continue
        this.#nextAt = scout.seriesStart
        this.#nextKey = metricKey(scout, name.length - createdSuffix.length)
        this.#nextMs = Math.trunc(scout.value * 1_000)
        return
      }
    } catch (thrown) {
      // What is wrong there the page's own parser will come to, and tell.
      if (!(thrown instanceof ExpositionError)) throw thrown
    }
    this.#isFamilyOver = true
  }
}

/**
 * The beginning of a series' name, and its labels without those that tell parts of a metric apart or
 * are made from metadata, which the scout does not see.
 */
function metricKey(parser: ExpositionParser, nameLength: number): string {
  const pairs = parser.labelPairs()
  const part =
    parser.metricType === 'summary' ? 'quantile' : parser.metricType === 'histogram' ? 'le' : ''
  const kept = [(pairs[1] ?? '').slice(0, nameLength)]
  for (let at = 2; at < pairs.length; at += 2) {
    const label = pairs[at] ?? ''
    const isKept = label !== part && label !== '__type__' && label !== '__unit__'
    if (isKept) kept.push(label, pairs[at + 1] ?? '')
  }
  return kept.join('\xff')
}
