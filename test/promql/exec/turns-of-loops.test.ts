import { beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { Looks } from '../../../src/base/looks.ts'
import { Labels } from '../../../src/model/labels.ts'
import type { QueryControl } from '../../../src/storage/query-runner.ts'
import { MemoryStorage } from '../../support/memory-storage.ts'
import { reply } from '../ask.ts'

const seriesCount = 20_000
/** All series are passed once to be divided by a pivot, and cells are looked through without a word. */
const looksPerTurnMax = 1.2 * (seriesCount / limits.itemsPerLook)

const storage = new MemoryStorage()
beforeAll(() => {
  for (let index = 0; index < seriesCount; index++) {
    const others = { n: String(index), group: `g${index % 7}` }
    storage.append(Labels.of({ __name__: 'm', ...others }), 0, (index * 7_919) % 10_007)
    storage.append(Labels.of({ __name__: 'h_bucket', le: String(index), ...others }), 0, index)
  }
})

/** Others have their turn at every checkpoint; `most` is how often a loop looked in between. */
class TurnCounter {
  most = 0
  #looked = 0
  readonly #checkpoint = () => {
    this.#looked = 0
    return Promise.resolve()
  }
  readonly control: QueryControl = {
    checkpoint: this.#checkpoint,
    looks: new Looks(() => {
      this.#looked++
      this.most = Math.max(this.most, this.#looked)
    }, this.#checkpoint),
  }
}

async function answerOf(query: string, control?: QueryControl): Promise<string> {
  const answer = await reply(storage, query, { startMs: 0, ...(control && { control }) })
  return answer.ok ? Buffer.concat(answer.body).toString() : answer.message
}

describe('a loop over many series lets others have their turn, and answers the same', () => {
  it.each([
    'm',
    'sort(m)',
    'sort_desc(m)',
    'sort_by_label(m, "n")',
    'topk(9000, m)',
    'bottomk(2, m)',
    'topk by (n) (1, m)',
    'limit_ratio(0.5, m)',
    'quantile by (n) (0.9, m)',
    'sum by (n) (m)',
    'sum without (le) (h_bucket)',
    'count_values("v", m)',
    '-m',
    'rate(m[5m])',
    'm + m',
    'm * on (n) group_left (le) h_bucket',
    'm * on (group) group_left () (m{n="1"} or m{n="2"})',
    'm + fill(0) m',
    'm and m',
    'm or h_bucket',
    'label_replace(m, "x", "$1", "n", "(.*)")',
    'label_join(m, "x", "-", "n", "group")',
    '-(m > 1e9 or label_replace(m, "__name__", "o", "", ""))',
    'histogram_quantile(0.9, h_bucket)',
    'histogram_quantile(0.9, label_replace(h_bucket, "le", "1", "", ""))',
    'info(m, {__name__="h_bucket"})',
  ])('%s', async (query) => {
    const counter = new TurnCounter()
    const answer = await answerOf(query, counter.control)
    expect(counter.most).toBeLessThan(looksPerTurnMax)
    expect(answer).toBe(await answerOf(query))
  })
})
