import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { ErrorNotice } from '../shell/notices.tsx'
import page from '../targets/targets-page.module.css'
import { usePage } from './pager.tsx'
import type { RuleGroupData } from './rule-data.ts'

interface GroupListProps {
  /** Undefined until the first answer came. */
  readonly all: readonly RuleGroupData[] | undefined
  readonly error: Error | null
  /** Those that match the filter and the search. */
  readonly matching: readonly RuleGroupData[]
  /** What is said where there is no group at all, and where none matches. */
  readonly noneText: string
  readonly noMatchText: string
  readonly section: (group: RuleGroupData) => ReactNode
}

/** The matching groups page by page; before them why they are not there, or not those of now. */
export function GroupList({
  all,
  error,
  matching,
  noneText,
  noMatchText,
  section,
}: GroupListProps) {
  const { shown, pager } = usePage(matching)
  return (
    <>
      {error !== null && <ErrorNotice error={error} />}
      {all === undefined && error === null && <Skeleton height={180} radius={10} />}
      {all !== undefined && matching.length === 0 && (
        <p className={page.none}>{all.length === 0 ? noneText : noMatchText}</p>
      )}
      {shown.map((group) => section(group))}
      {pager}
    </>
  )
}
