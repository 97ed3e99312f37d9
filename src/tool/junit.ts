/** The tests of one file, as JUnit's XML has them. */
export interface TestSuite {
  readonly name: string
  /** Local time, such as 2026-01-31T12:00:00. */
  timestamp: string
  /** Why the file could not be run; '' where it could. */
  error: string
  readonly cases: TestCase[]
}

interface TestCase {
  readonly name: string
  readonly failures: readonly string[]
}

/** The document that upstream writes, on one line. */
export function junitText(suites: readonly TestSuite[]): string {
  const body = suites.length === 0 ? '' : suites.map(suiteText).join('')
  return `<testsuites>${body}</testsuites>`
}

function suiteText({ name, timestamp, error, cases }: TestSuite): string {
  const shown = error === '' || cases.length > 0 ? cases : [{ name: 'unknown', failures: [] }]
  const failures = shown.reduce((sum, each) => sum + each.failures.length, 0)
  const attributes = [
    `name="${escaped(name)}"`,
    `tests="${shown.length}"`,
    `failures="${failures}"`,
    `errors="${error === '' ? 0 : 1}"`,
    'skipped="0"',
    `timestamp="${escaped(timestamp)}"`,
  ]
  const texts = shown.map((each) => {
    const failed = each.failures.map((failure) => `<failure>${escaped(failure)}</failure>`)
    const fault = error === '' ? '' : `<error>${escaped(error)}</error>`
    return `<testcase name="${escaped(each.name)}">${failed.join('')}${fault}</testcase>`
  })
  return `<testsuite ${attributes.join(' ')}>${texts.join('')}</testsuite>`
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** Characters that XML cannot have, escaped or not, are replaced. */
function escaped(text: string): string {
  return text.replace(special, (character) => escapes[character] ?? '\ufffd')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const special = /[&<>"'\u0000-\u001f\ufffe\uffff]/g
