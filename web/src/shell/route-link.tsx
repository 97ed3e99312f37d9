import type { MouseEvent, ReactNode } from 'react'
import { hrefOf, navigate, type Route } from './router.ts'

interface RouteLinkProps {
  readonly route: Route
  readonly className?: string | undefined
  readonly current?: boolean
  readonly children: ReactNode
}

/** A real link (it can be opened in a new tab) that changes pages without loading them anew. */
export function RouteLink({ route, className, current = false, children }: RouteLinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    navigate(route)
  }
  return (
    <a
      href={hrefOf(route)}
      className={className}
      aria-current={current ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  )
}
