import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { VectorItem } from '../api/query-data.ts'
import { labelsText } from '../series/labels.ts'
import { SeriesName } from '../series/series-name.tsx'
import { ShowAll } from './show-all.tsx'
import styles from './table-view.module.css'
import { ValueText } from './value-text.tsx'

/** Rows shown before the reader asks for all of them. */
const rowsFirst = 1000

type Order = 'server' | 'descending' | 'ascending'

const nextOrder = { server: 'descending', descending: 'ascending', ascending: 'server' } as const

/** An instant vector, in the server's order or by value. */
export function VectorTable({ items }: { items: readonly VectorItem[] }) {
  const [order, setOrder] = useState<Order>('server')
  const [all, setAll] = useState(false)
  const sorted = useMemo(() => inOrder(items, order), [items, order])
  const rows = all ? sorted : sorted.slice(0, rowsFirst)
  return (
    <>
      <table className={styles.table} aria-label="Result">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" aria-sort={order === 'server' ? 'none' : order}>
              <button type="button" onClick={() => setOrder(nextOrder[order])}>
                {order === 'descending' && <IconArrowDown size={13} aria-hidden="true" />}
                {order === 'ascending' && <IconArrowUp size={13} aria-hidden="true" />}
                Value
              </button>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((item) => (
            <tr key={labelsText(item.metric)}>
              <th scope="row">
                <SeriesName labels={item.metric} />
              </th>
              <td>
                <VectorValue item={item} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ShowAll shown={rows.length} of={sorted.length} onShow={() => setAll(true)} />
    </>
  )
}

function VectorValue({ item }: { item: VectorItem }) {
  if (item.value !== undefined)
    return <ValueText text={item.value[1]} metric={item.metric.__name__ ?? ''} />
  const histogram = item.histogram?.[1]
  return (
    <span className={styles.exact}>
      histogram: count {histogram?.count}, sum {histogram?.sum}
    </span>
  )
}

function inOrder(items: readonly VectorItem[], order: Order): readonly VectorItem[] {
  if (order === 'server') return items
  const direction = order === 'ascending' ? 1 : -1
  const keyed = items.map((item) => ({ item, value: Number.parseFloat(item.value?.[1] ?? 'NaN') }))
  // NaN has no place in an order of values; it goes last either way.
  keyed.sort((a, b) => {
    if (Number.isNaN(a.value) || Number.isNaN(b.value))
      return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
    return a.value === b.value ? 0 : (a.value < b.value ? -1 : 1) * direction
  })
  return keyed.map(({ item }) => item)
}
