import styles from './table-view.module.css'

interface ShowAllProps {
  readonly shown: number
  readonly of: number
  readonly onShow: () => void
}

/** What shows the series of a table that were left out at first; nothing where none was. */
export function ShowAll({ shown, of, onShow }: ShowAllProps) {
  if (shown >= of) return null
  return (
    <button type="button" className={styles.more} onClick={onShow}>
      Show all {of.toLocaleString('en')} series
    </button>
  )
}
