import { expect, test } from 'vitest'
import { lowerCase } from '../../src/model/code-points.ts'
import { JaroWinkler } from '../../src/model/jaro-winkler.ts'
import { SubsequenceScore } from '../../src/model/subsequence-score.ts'

// What Prometheus 3.14 computes of these, digit for digit.
test.each([
  ['http', 'http_requests_total', 0.9743536184210526, 0.8421052631578947],
  ['htp', 'http_requests_total', 0.5053421052631579, 0.775438596491228],
  ['requests', 'prometheus_http_requests_total', 0.9891140625, 0.6313492063492063],
  ['phr', 'prometheus_http_requests_total', 0.25714999999999993, 0.63],
  ['total', 'total', 1, 1],
  ['abc', 'acb', 0, 0.5999999999999999],
  ['go', 'node_cpu', 0, 0.5416666666666666],
  ['gc', 'go_gc_duration_seconds', 0.8684488636363636, 0.7272727272727272],
  ['aa', 'a_aa_a', 0.874125, 0.7999999999999999],
  ['日本', 'x日y本', 0.374625, 0.5833333333333334],
  ['é', 'cafe', 0, 0],
  ['😀b', 'a😀_b', 0.374625, 0.5833333333333334],
  ['http_reqeusts', 'http_requests', 0, 0.9846153846153847],
  ['martha', 'marhta', 0, 0.9611111111111111],
  ['up', 'up', 1, 1],
  ['x', '', 0, 0],
  ['abcdef', 'ab', 0, 0.8222222222222222],
  ['instance', 'instant', 0, 0.9214285714285715],
])('%s in %s scores as in Prometheus', (term, text, subsequence, similarity) => {
  expect(new SubsequenceScore(term).of(text)).toBe(subsequence)
  expect(new JaroWinkler(term).of(text)).toBe(similarity)
})

test('nothing is a subsequence of everything', () => {
  expect(new SubsequenceScore('').of('a')).toBe(1)
})

test('one matcher scores text after text, long or short, as a new one would', () => {
  const [subsequence, similarity] = [new SubsequenceScore('http'), new JaroWinkler('http')]
  for (const text of ['h_'.repeat(200), 'http_requests', 'h', `${'x'.repeat(500)}http`, 'ptth']) {
    expect(subsequence.of(text)).toBe(new SubsequenceScore('http').of(text))
    expect(similarity.of(text)).toBe(new JaroWinkler('http').of(text))
  }
})

test('lower case is each character by itself', () => {
  expect(lowerCase('HTTP_Ä\u0130ΑΣ')).toBe('http_äiας'.replace('ς', 'σ'))
})
