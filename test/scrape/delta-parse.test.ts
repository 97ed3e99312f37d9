import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { createPageScanner, expositionKernelIsActive } from '../../src/kernels/exposition.ts'
import { ExpositionTwin } from '../../src/kernels/exposition-twin.ts'
import { LineShapes } from '../../src/scrape/line-shapes.ts'
import { ScannedTarget } from './scanned-target.ts'

const seeds = 100
const pagesPerSeed = 6
const pagesOfTwins = 24

type Random = () => number

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

const values = [
  ...['0', '1', '-0', '12345.678', '1e5', '1E5', '-2.5e-3', '9007199254740993', '0.1', '1_0', '+1'],
  ...['0.30000000000000004', '1.7976931348623157e308', '1e400', '4.9e-324', 'NaN', 'nan', '+Inf'],
  ...['-Inf', 'Inf', '12345678901234567890123', '00012', '.5', '5.', '1e', '0x1p-2', '1.5e+2'],
]

const plainValues = ['0', '-0', '7', '12345.678', '1e5', 'NaN', '+Inf', '-Inf', '1e400', '0.1']

/** No `le`: as upstream, a known line keeps the labels that the type of its time gave it. */
const seriesTexts = [
  ...['up', 'a', 'a_total', 'ab', 'a:b', 'a{x="1"}', 'a{x="2"}', 'a{x="2",}', 'a{x="1",y="2"}'],
  ...['{"quoted name",x="1"}', 'b{x="}"}', 'b{x="a\\"b"}', 'b{x="\\\\"}', 'b{l="1"}', 'b{x="ü"}'],
  `long{x="${'y'.repeat(70)}"}`,
]

function line(random: Random, isOpenMetrics: boolean): string {
  const kind = random()
  if (kind < 0.1)
    return `# TYPE ${pick(random, ['a', 'b', 'c'])} ${pick(random, ['counter', 'gauge', 'histogram'])}`
  if (kind < 0.2)
    return `# HELP ${pick(random, ['a', 'b', 'c'])} Some help ${Math.floor(random() * 3)}.`
  if (kind < 0.22 && !isOpenMetrics) return pick(random, ['', '# A comment.', '#', '  '])
  const number = random() < 0.8 ? String(Math.floor(random() * 1e6) / 100) : pick(random, values)
  const text = `${pick(random, seriesTexts)} ${number}`
  if (random() < 0.85) return text
  if (!isOpenMetrics)
    return `${text}${pick(random, [' 5000', '  17', '\t9', ' ', ' 1234567890123456', ' x'])}`
  return `${text}${pick(random, [' 1.5', ' 17', ' 0.0001', ' # {id="1"} 0.5', ' 2 # {} 1 3', '  1'])}`
}

/** One change of a page, of those that make a delta go wrong. */
function mutated(random: Random, lines: readonly string[], isOpenMetrics: boolean): string[] {
  const next = [...lines]
  const at = Math.floor(random() * next.length)
  const here = next[at] ?? ''
  switch (Math.floor(random() * 8)) {
    case 0: // swapped neighbours
      next.splice(at, 2, next[at + 1] ?? '# TYPE a counter', here)
      break
    case 1: // another last byte
      next[at] = `${here.slice(0, -1)}${Math.floor(random() * 10)}`
      break
    case 2: // twice
      next.splice(at, 0, here)
      break
    case 3:
      next.splice(at, 1)
      break
    case 4:
      next.splice(at, 0, line(random, isOpenMetrics))
      break
    case 5: // shuffled
      next.sort(() => random() - 0.5)
      break
    case 6: // another first value
      next[at] = here.replace(/ [^ ]+$/, ` ${pick(random, values)}`)
      break
    default:
      next[at] = line(random, isOpenMetrics)
  }
  return next
}

/** Another value, and sometimes a time, behind each of those names; what is no such line stays. */
function renewed(
  random: Random,
  lines: readonly string[],
  names: readonly string[],
  isOpenMetrics: boolean,
): string[] {
  return lines.map((text) => {
    const name = names.find((one) => text.startsWith(`${one} `))
    if (name === undefined || random() < 0.5) return text
    const value = random() < 0.8 ? String(Math.floor(random() * 1e6)) : pick(random, plainValues)
    const time = isOpenMetrics ? ' 1.5' : ' 5000'
    return `${name} ${value}${random() < 0.1 ? time : ''}`
  })
}

function encoded(random: Random, lines: readonly string[], isOpenMetrics: boolean): Uint8Array {
  const text = `${lines.join('\n')}\n${isOpenMetrics ? '# EOF\n' : ''}`
  const bytes = Buffer.from(text)
  const kind = random()
  if (kind < 0.03) return Buffer.from(text.replaceAll('\n', '\r\n'))
  if (kind < 0.06) return bytes.subarray(0, Math.floor(random() * bytes.length))
  if (kind < 0.12)
    bytes[Math.floor(random() * bytes.length)] = pick(random, [0xff, 0xc3, 0, 0x22, 0x0a])
  return bytes
}

describe('pages read by what the page before had', () => {
  it('the kernel is put to the test', () => {
    expect(expositionKernelIsActive).toBe(true)
  })

  it.each([
    ['text', false],
    ['OpenMetrics', true],
  ])(
    'mutated pages of %s give the same rows, counts and errors as the twin and the parser alone',
    (_, isOpenMetrics) => {
      const scanner = createPageScanner()
      const twin = new ExpositionTwin()
      let known = 0
      for (let seed = 1; seed <= seeds; seed++) {
        const random = seededRandom(seed)
        const readers = [scanner, twin, scanner].map((one) => new ScannedTarget(one, isOpenMetrics))
        const [byKernel, byTwin, byParser] = readers
        let lines = Array.from({ length: 30 }, () => line(random, isOpenMetrics))
        if (random() < 0.7)
          lines = lines.filter((text) => !/[_+x]|E5|1e$/.test(text.split(' ').at(-1) ?? ''))
        for (let page = 0; page < pagesPerSeed; page++) {
          const bytes = encoded(random, lines, isOpenMetrics)
          byParser?.forget()
          const { known: _known, ...expected } = byParser?.read(bytes) ?? {
            known: 0,
            overBucketLimit: 0,
          }
          const place = `seed ${seed}, page ${page}`
          const found = byKernel?.read(bytes)
          known += found?.known ?? 0
          expect({ place, ...found }).toEqual({ place, ...expected, known: found?.known })
          expect({ place, ...byTwin?.read(bytes) }).toMatchObject({ place, ...expected })
          lines = mutated(random, lines, isOpenMetrics)
        }
      }
      expect(known).toBeGreaterThan(seeds * 10)
    },
  )

  it.each([
    ['text', false],
    ['OpenMetrics', true],
  ])(
    'pages of %s of targets that are alike give what the parser alone gives, whoever comes next',
    (_, isOpenMetrics) => {
      let known = 0
      let shared = 0
      for (let seed = 1; seed <= seeds; seed++) {
        const random = seededRandom(seed)
        const scanner = createPageScanner()
        const shapes = new LineShapes()
        const targets = [1, 2, 3].map(() => new ScannedTarget(scanner, isOpenMetrics, shapes))
        const byParser = new ScannedTarget(new ExpositionTwin(), isOpenMetrics)
        const names = seriesTexts.filter((text) => !text.endsWith(',}'))
        const common = ['# TYPE a counter', ...names.map((text) => `${text} 1`), '# HELP a Some.']
        const pages = targets.map(() => common)
        for (let page = 0; page < pagesOfTwins; page++) {
          const which = Math.floor(random() * targets.length)
          const next = renewed(random, pages[which] ?? [], names, isOpenMetrics)
          if (random() < 0.7) pages[which] = next
          else pages[which] = random() < 0.4 ? common : mutated(random, next, isOpenMetrics)
          const text = `${pages[which]?.join('\n')}\n${isOpenMetrics ? '# EOF\n' : ''}`
          byParser.forget()
          const { known: _known, ...expected } = byParser.read(Buffer.from(text))
          const found = targets[which]?.read(Buffer.from(text))
          known += found?.known ?? 0
          if (targets.every(({ shape }) => shape !== undefined && shape === targets[0]?.shape))
            shared++
          const place = `seed ${seed}, page ${page}, target ${which}`
          expect({ place, ...found }).toEqual({ place, ...expected, known: found?.known })
        }
      }
      expect(known).toBeGreaterThan(seeds * pagesOfTwins * 10)
      expect(shared).toBeGreaterThan(seeds)
    },
  )

  it('a line whose value the parser read is not taken for the one that stands there next', () => {
    const target = new ScannedTarget(createPageScanner(), false)
    const read = (line: string) => target.read(Buffer.from(`${line}\nb 2\n`))
    for (const value of ['10', '20', '30']) read(`a{x="1"} ${value}`)
    expect(read('a{x="1"} +1').known).toBe(1)
    const { rows, known } = read('a{x="9"} 10')
    expect(rows[0]).toContain('["__name__","a","x","9"]')
    expect(known).toBe(1)
  })

  it('what a page of text may write is not believed in a page of OpenMetrics that is alike', () => {
    const scanner = createPageScanner()
    const shapes = new LineShapes()
    const ofText = new ScannedTarget(scanner, false, shapes)
    const ofOpenMetrics = new ScannedTarget(scanner, true, shapes)
    for (let page = 0; page < 3; page++) {
      ofText.read(Buffer.from('a 1\nb 2\n'))
      ofOpenMetrics.read(Buffer.from('a 1\nb 2\n# EOF\n'))
    }
    expect(ofText.shape).toBeDefined()
    expect(ofText.shape === ofOpenMetrics.shape).toBe(true)
    for (let page = 0; page < 2; page++) {
      expect(ofText.read(Buffer.from('a  1\nb 2\n')).error).toBe('')
    }
    const blanks = Buffer.from('a  1\nb 2\n# EOF\n')
    const { error } = new ScannedTarget(new ExpositionTwin(), true).read(blanks)
    expect(error).not.toBe('')
    expect(ofOpenMetrics.read(blanks).error).toBe(error)
  })

  it('of a line that a page has twice the first value counts, page after page', () => {
    for (const scanner of [createPageScanner(), new ExpositionTwin()]) {
      const target = new ScannedTarget(scanner, false)
      for (let page = 0; page < 5; page++) {
        const { rows, counts } = target.read(Buffer.from('x 1\na 1\na 2\n'))
        const one = '["__name__","a"] 1000 1072693248 0 tracked'
        expect({ page, last: rows.at(-1), count: rows.length }).toEqual({
          page,
          last: one,
          count: 2,
        })
        expect(counts).toBe('3 3 1')
      }
    }
  })

  it('targets that are alike have what is known of their lines once, until one of them differs', () => {
    for (const scanner of [createPageScanner(), new ExpositionTwin()]) {
      const shapes = new LineShapes()
      const targets = [1, 2, 3].map(() => new ScannedTarget(scanner, false, shapes))
      const lines = Array.from({ length: 100 }, (_, index) => `m{i="${index}"} ${index}`)
      const page = Buffer.from(`${lines.join('\n')}\n`)
      for (const target of targets) target.read(page)
      const [first, second, third] = targets
      expect(first?.shape).toBeDefined()
      expect(second?.shape === first?.shape && third?.shape === first?.shape).toBe(true)
      const swapped = [lines[1], lines[0], ...lines.slice(2)]
      expect(second?.read(Buffer.from(`${swapped.join('\n')}\n`)).known).toBe(100)
      expect(second?.shape).not.toBe(first?.shape)
      expect(third?.read(page).known).toBe(100)
      expect(third?.shape).toBe(first?.shape)
      for (let again = 0; again < 3; again++) second?.read(page)
      expect(second?.shape).toBe(first?.shape)
    }
  })

  it('numbers of known lines are rounded as the parser rounds them', () => {
    const random = seededRandom(7)
    const digits = (count: number) =>
      Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
    const numbers = [
      ...[
        '9007199254740993',
        '9007199254740991',
        '0.500000000000000166533453693773481063544750213623046875',
      ],
      ...[
        '8.5e15',
        '1e22',
        '1e23',
        '123456789012345680000',
        '5e-324',
        '7.2057594037927933e16',
        '0e99',
      ],
      ...[
        '4503599627370496.5',
        '4503599627370497.5',
        '9007199254740992.5',
        '1.00000000000000011102230246251565',
      ],
      ...['2.2250738585072011e-308', '1.7976931348623157e308', '6.9294956446009195e15', '0.000001'],
    ]
    for (let index = 0; index < 6_000; index++) {
      const whole = digits(1 + Math.floor(random() * 10))
      const fraction = random() < 0.7 ? `.${digits(1 + Math.floor(random() * 12))}` : ''
      const power = Math.floor(random() * 90) - 50
      numbers.push(`${whole}${fraction}${random() < 0.4 ? `e${power}` : ''}`)
      numbers.push(`${random() < 0.5 ? '-' : ''}${random() / 10 ** Math.floor(random() * 20)}`)
    }
    const target = new ScannedTarget(createPageScanner(), false)
    const page = (value: (index: number) => string) =>
      Buffer.from(numbers.map((_, index) => `n{i="${index}"} ${value(index)}\n`).join(''))
    target.read(page(() => '0'))
    const { rows, known } = target.read(page((index) => numbers[index] ?? ''))
    const halves = new Uint32Array(2)
    const expected = numbers.map((text) => {
      new Float64Array(halves.buffer)[0] = Number(text)
      return `${halves[1]} ${halves[0]}`
    })
    expect(rows.map((row) => row.split(' ').slice(-3, -1).join(' '))).toEqual(expected)
    expect(known).toBeGreaterThan(numbers.length * 0.9)
  })

  it('lines that move, come and go leave the others known', () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `m{i="${index}"} ${index}`)
    const target = new ScannedTarget(createPageScanner(), false)
    const knownOf = (page: readonly string[]) =>
      target.read(Buffer.from(`${page.join('\n')}\n`)).known
    expect(knownOf(lines)).toBe(0)
    expect(knownOf(lines)).toBe(1_000)
    expect(knownOf([...lines].reverse())).toBe(1_000)
    expect(knownOf(lines.filter((_, index) => index % 10 !== 0))).toBe(900)
    const changed = lines.map((text, index) => (index % 10 === 3 ? `n${text}` : text))
    expect(knownOf(changed)).toBe(900)
    expect(knownOf(changed)).toBe(1_000)
  })

  it('lines that move after many pages that were alike are known, too', () => {
    for (const scanner of [createPageScanner(), new ExpositionTwin()]) {
      const lines = Array.from({ length: 1_000 }, (_, index) => `m{i="${index}"} ${index}`)
      const target = new ScannedTarget(scanner, false)
      const knownOf = (page: readonly string[]) =>
        target.read(Buffer.from(`${page.join('\n')}\n`)).known
      for (let page = 0; page < 50; page++) knownOf(lines)
      expect(knownOf([...lines].reverse())).toBe(1_000)
      for (let page = 0; page < 50; page++) knownOf(lines)
      expect(knownOf([...lines, 'n 1', 'n 2'])).toBe(1_000)
      expect(knownOf(['n 1', ...lines])).toBe(1_001)
    }
  })

  it('pages far larger than the usual one are read, and their memory is given back', () => {
    const scanner = createPageScanner()
    const target = new ScannedTarget(scanner, false)
    const lines = Array.from({ length: 10_000 }, (_, index) => `m{i="${index}"} ${index}`)
    const large = Buffer.from(`${lines.join('\n')}\n`)
    expect(target.read(large).known).toBe(0)
    expect(target.read(large).rows.length).toBe(10_000)
    expect(target.read(large).known).toBe(10_000)
    const text = `${'x'.repeat(9 << 20)} 1\n`
    const other = new ScannedTarget(scanner, false)
    expect([other.read(Buffer.from(text)).known, other.read(Buffer.from(text)).known]).toEqual([
      0, 1,
    ])
    for (let page = 0; page < 70; page++) other.read(Buffer.from('a 1\n'))
    expect('memoryBytes' in scanner && scanner.memoryBytes).toBeLessThan(1 << 20)
    expect(target.read(large).known).toBe(10_000)
  })
})
