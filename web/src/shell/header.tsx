import { EmberMark } from './ember-mark.tsx'
import styles from './header.module.css'
import { RouteLink } from './route-link.tsx'
import type { Route } from './router.ts'
import { ThemeMenu } from './theme-menu.tsx'
import { ZoneToggle } from './zone-toggle.tsx'

const links: readonly (readonly [Route, string])[] = [
  ['query', 'Query'],
  ['alerts', 'Alerts'],
  ['rules', 'Rules'],
  ['targets', 'Targets'],
  ['alertmanagers', 'Alertmanagers'],
  ['status', 'Status'],
  ['flags', 'Flags'],
  ['config', 'Configuration'],
]

/** Where the consoles are; the server writes it into the page where there are any. */
const consolesLink =
  document.querySelector<HTMLMetaElement>('meta[name="consoles-link"]')?.content ?? ''

export function Header({ route }: { route: Route | undefined }) {
  return (
    <header className={styles.header}>
      <RouteLink route="query" className={styles.brand}>
        <EmberMark size={28} />
        <span>Narthex</span>
      </RouteLink>
      <nav className={styles.nav} aria-label="Pages">
        {consolesLink !== '' && (
          <a href={consolesLink} className={styles.link}>
            Consoles
          </a>
        )}
        {links.map(([target, text]) => (
          <RouteLink key={target} route={target} current={route === target} className={styles.link}>
            {text}
          </RouteLink>
        ))}
      </nav>
      <div className={styles.tools}>
        <ZoneToggle />
        <ThemeMenu />
      </div>
    </header>
  )
}
