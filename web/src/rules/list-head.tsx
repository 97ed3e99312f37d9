import { SegmentedControl } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import styles from '../targets/targets-page.module.css'

interface ListHeadProps<Filter extends string> {
  readonly title: string
  readonly filterName: string
  readonly filter: Filter
  readonly filters: readonly { readonly value: Filter; readonly label: string }[]
  readonly onFilter: (filter: Filter) => void
  readonly search: string
  readonly onSearch: (search: string) => void
}

/** The title of a list with its filter and its search. */
export function ListHead<Filter extends string>(props: ListHeadProps<Filter>) {
  const { title, filterName, filter, filters, onFilter, search, onSearch } = props
  return (
    <div className={styles.head}>
      <h1>{title}</h1>
      <SegmentedControl
        size="xs"
        withItemsBorders={false}
        aria-label={filterName}
        value={filter}
        onChange={(value) => {
          const found = filters.find((one) => one.value === value)
          if (found !== undefined) onFilter(found.value)
        }}
        data={[...filters]}
      />
      <div className={styles.search}>
        <IconSearch size={15} aria-hidden="true" />
        <input
          type="search"
          aria-label={`Search ${title.toLowerCase()}`}
          placeholder="Search name, labels, expression"
          value={search}
          onChange={(event) => onSearch(event.currentTarget.value)}
        />
      </div>
    </div>
  )
}
