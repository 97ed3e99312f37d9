import { IconChevronRight } from '@tabler/icons-react'
import { Fragment, type ReactNode } from 'react'
import section from '../targets/pool-section.module.css'

interface GroupSectionProps<Rule extends { readonly name: string }> {
  readonly name: string
  /** Beside the name. */
  readonly about: ReactNode
  readonly rules: readonly Rule[]
  readonly row: (rule: Rule) => ReactNode
}

/** A group under its name, open until it is closed, with a row for each of its rules. */
export function GroupSection<Rule extends { readonly name: string }>(
  props: GroupSectionProps<Rule>,
) {
  return (
    <details open className={section.pool}>
      <summary className={section.title}>
        <IconChevronRight size={16} className={section.chevron} aria-hidden="true" />
        <h2>{props.name}</h2>
        {props.about}
      </summary>
      <div className={section.scroll}>
        {props.rules.map((rule, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rules of a group may be alike in all else
          <Fragment key={`${index} ${rule.name}`}>{props.row(rule)}</Fragment>
        ))}
      </div>
    </details>
  )
}
