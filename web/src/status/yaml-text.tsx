import styles from './status.module.css'

/** One line of YAML cut into indent with dashes, key, and what follows. */
const linePattern = /^(\s*(?:- )*)(?:([^\s:#"'][^:#]*|"[^"]*")(:)(?=\s|$))?(.*)$/

/** YAML with keys, values and comments coloured, line by line; what it does not know stays plain text. */
export function YamlText({ text }: { text: string }) {
  const lines = text.replace(/\n$/, '').split('\n')
  return (
    <pre className={styles.yaml}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity and never move
        <YamlLine key={index} line={line} />
      ))}
    </pre>
  )
}

function YamlLine({ line }: { line: string }) {
  const [, dashes = '', key = '', colon = '', rest = ''] = linePattern.exec(line) ?? []
  const comment = rest.trimStart().startsWith('#')
  return (
    <>
      <span className={styles.dash}>{dashes}</span>
      <span className={styles.key}>{key}</span>
      <span className={styles.dash}>{colon}</span>
      <span className={comment ? styles.comment : styles.scalar}>{rest}</span>
      {'\n'}
    </>
  )
}
