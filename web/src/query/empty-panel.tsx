import styles from './empty-panel.module.css'

const examples = [
  'up',
  'scrape_duration_seconds',
  'topk(5, scrape_samples_scraped)',
  'rate(process_cpu_seconds_total[1m])',
]

/** What a panel says before anything was asked: the keys, and queries that any server can answer. */
export function EmptyPanel({ onRun }: { onRun: (expr: string) => void }) {
  return (
    <div className={styles.empty}>
      <p>
        Type a PromQL expression and press <kbd>Enter</kbd>. <kbd>Ctrl</kbd>
        <kbd>Space</kbd> completes, <kbd>Shift</kbd>
        <kbd>Enter</kbd> starts a new line.
      </p>
      <div className={styles.examples}>
        <span>Try</span>
        {examples.map((expr) => (
          <button key={expr} type="button" onClick={() => onRun(expr)}>
            {expr}
          </button>
        ))}
      </div>
    </div>
  )
}
