import {
  DurationError,
  parseDurationMs,
  parseSignedDurationMs,
  printDurationMs,
} from '../../../src/model/duration.ts'
import {
  sanitizeFullLabelName,
  sanitizeLabelName,
} from '../../../src/model/label-name-sanitizing.ts'
import { Labels, LabelsBuilder } from '../../../src/model/labels.ts'
import { stableLabelsHash } from '../../../src/model/labels-hash.ts'
import { labelsText } from '../../../src/model/labels-text.ts'
import { Matcher, type MatchOp } from '../../../src/model/matcher.ts'
import { escapeName, unescapeName, unescapeValues } from '../../../src/model/name-escaping.ts'
import {
  isValidLabelName,
  isValidMetricName,
  type NameScheme,
} from '../../../src/model/name-validity.ts'
import { RegexError } from '../../../src/model/regex.ts'
import type { Area, CaseResult } from '../area.ts'
import { bytesOf, caseFile, caseName, type DataText, difference, runCase } from '../case-file.ts'

type Pairs = Readonly<Record<string, string>>

/** Runs every case of a file through a check; what is left out of the data is undefined. */
function each<Case extends object, Head = object>(
  directory: string,
  file: string,
  check: (one: Case, head: Head) => string | undefined,
): readonly CaseResult[] {
  const data = caseFile<Case, Head>(directory, file)
  return data.cases.map((one, index) => runCase(caseName(file, index, one), () => check(one, data)))
}

/** A string of the data, or undefined where its bytes are not UTF-8 and no text of ours can be it. */
function textOf(text: DataText): string | undefined {
  if (typeof text === 'string') return text
  const decoded = Buffer.from(bytesOf(text), 'latin1').toString('utf8')
  return decoded.includes('\ufffd') ? undefined : decoded
}

export const labels: Area = {
  async run(directory) {
    return [
      ...each(directory, 'builder.json', builder),
      ...each(directory, 'compare.json', ({ a, b, sign }: { a: Pairs; b: Pairs; sign: number }) =>
        difference(Math.sign(Labels.of(a).compare(Labels.of(b))) + 0, sign),
      ),
      ...each(directory, 'durations.json', duration),
      ...each(directory, 'escape_name.json', escaping),
      ...each(directory, 'matchers.json', ({ op, pattern, value, match }: MatcherCase) =>
        difference(new Matcher(op, 'name', pattern).matches(value), match),
      ),
      ...each(directory, 'name_validity.json', nameValidity),
      ...each(directory, 'regex_matrix.json', regexMatrix),
      ...each(directory, 'sanitize_label_name.json', ({ input, expected, full }: SanitizeCase) =>
        difference((full ? sanitizeFullLabelName : sanitizeLabelName)(input), expected),
      ),
      ...each(directory, 'stable_hash.json', (one: { labels: Pairs; hash: string }) =>
        difference(stableLabelsHash(Labels.of(one.labels)).toString(), one.hash),
      ),
      ...each(directory, 'string.json', (one: { labels: Pairs; text: string }) =>
        difference(labelsText(Labels.of(one.labels)), one.text),
      ),
      ...each(
        directory,
        'unescape_values_odd.json',
        ({ input, expected }: { input?: string; expected?: string }) =>
          difference(unescapeValues(input ?? ''), expected ?? ''),
      ),
      ...each(directory, 'valid.json', validity),
    ]
  },
}

interface SanitizeCase {
  readonly input: string
  readonly expected: string
  readonly full: boolean
}

interface EscapeCase {
  readonly input?: string
  readonly expectedUnderscores?: string
  readonly expectedDots?: string
  readonly expectedUnescapedDots?: string
  readonly expectedValue?: string
}

function escaping(one: EscapeCase): string | undefined {
  const { input = '', expectedUnderscores = '', expectedDots = '', expectedValue = '' } = one
  const [underscores, dots, values] = (['underscores', 'dots', 'values'] as const).map((scheme) => {
    const escaped = escapeName(input, scheme)
    return [escaped, unescapeName(escaped, scheme)]
  })
  return (
    difference(underscores, [expectedUnderscores, expectedUnderscores]) ??
    difference(dots, [expectedDots, one.expectedUnescapedDots ?? '']) ??
    difference(values, [expectedValue, input])
  )
}

interface MatcherCase {
  readonly op: MatchOp
  readonly pattern: string
  readonly value: string
  readonly match: boolean
}

interface BuilderCase {
  readonly base?: Pairs
  readonly set?: readonly (readonly [string, string])[]
  readonly keep?: readonly string[]
  readonly del?: readonly string[]
  readonly want: Pairs
}

function builder({ base, set, keep, del, want }: BuilderCase): string | undefined {
  const made = new LabelsBuilder(Labels.of(base ?? {}))
  for (const [name, value] of set ?? []) made.set(name, value)
  if (keep !== undefined)
    for (const name of made.names()) if (!keep.includes(name)) made.delete(name)
  for (const name of del ?? []) made.delete(name)
  return difference(made.build().toObject(), Labels.of(want).toObject())
}

interface DurationCase {
  readonly input: string
  readonly ms?: number
  readonly printed?: string
  readonly negative_allowed?: boolean
  readonly error?: boolean
}

function duration({
  input,
  ms,
  printed,
  negative_allowed,
  error,
}: DurationCase): string | undefined {
  try {
    const parse = negative_allowed === true ? parseSignedDurationMs : parseDurationMs
    const found = parse(input)
    if (error === true) return `parses to ${found}`
    return difference(found, ms) ?? difference(printDurationMs(found), printed)
  } catch (thrown) {
    if (thrown instanceof DurationError && error === true) return undefined
    throw thrown
  }
}

interface NameCase {
  readonly kind: 'metric' | 'label'
  readonly name: DataText
  readonly legacy: boolean
  readonly utf8: boolean
}

function nameValidity({ kind, name, legacy, utf8 }: NameCase): string | undefined {
  const isValid = kind === 'metric' ? isValidMetricName : isValidLabelName
  const text = textOf(name)
  const found =
    text === undefined ? [false, false] : [isValid(text, 'legacy'), isValid(text, 'utf8')]
  return difference(found, [legacy, utf8])
}

interface ValidCase {
  readonly labels: readonly (readonly [DataText, DataText])[]
  readonly scheme: NameScheme
  readonly valid: boolean
}

function validity({ labels: pairs, scheme, valid }: ValidCase): string | undefined {
  const found = pairs.every(([name, value]) => {
    const [nameText, valueText] = [textOf(name), textOf(value)]
    if (nameText === undefined || valueText === undefined) return false
    if (nameText === '__name__') return isValidMetricName(valueText, scheme)
    return isValidLabelName(nameText, scheme)
  })
  return difference(found, valid)
}

interface RegexCase {
  readonly regex: string
  readonly matches?: readonly number[]
  readonly error?: boolean
}

function regexMatrix(
  one: RegexCase,
  { values }: { readonly values: readonly string[] },
): string | undefined {
  try {
    const matcher = new Matcher('=~', 'name', one.regex)
    if (one.error === true) return 'compiles'
    const found = values
      .map((value, index) => (matcher.matches(value) ? index : -1))
      .filter((index) => index >= 0)
    return difference(found, one.matches)
  } catch (thrown) {
    if (thrown instanceof RegexError && one.error === true) return undefined
    throw thrown
  }
}
