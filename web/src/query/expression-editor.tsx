import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { type EditorEvents, editorExtensions } from './editor-extensions.ts'
import styles from './expression-editor.module.css'

interface ExpressionEditorProps extends EditorEvents {
  readonly text: string
  readonly autoFocus: boolean
}

/**
 * The PromQL editor. It lives in a shadow root: there CodeMirror keeps its styles in constructed
 * sheets, while in the document it would add style elements, which the content security policy
 * refuses.
 */
export function ExpressionEditor({ text, autoFocus, onChange, onRun }: ExpressionEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  // The editor is made once; it must call what the latest render handed in.
  const events = useRef<EditorEvents>({ onChange, onRun })
  events.current = { onChange, onRun }
  const first = useRef({ text, autoFocus })
  /** What was typed and has not come back as `text` yet, oldest first. */
  const typed = useRef<string[]>([])

  useEffect(() => {
    if (host.current === null) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' })
    const editor = new EditorView({
      doc: first.current.text,
      selection: { anchor: first.current.text.length },
      parent: root,
      root,
      extensions: editorExtensions({
        onChange: (next) => {
          typed.current.push(next)
          events.current.onChange(next)
        },
        onRun: () => events.current.onRun(),
      }),
    })
    if (first.current.autoFocus) editor.focus()
    view.current = editor
    return () => editor.destroy()
  }, [])

  useEffect(() => {
    const editor = view.current
    if (editor === undefined) return
    const doc = editor.state.doc.toString()
    const at = typed.current.indexOf(text)
    if (doc === text) typed.current = []
    // A render that comes late: the editor has what was typed since, which must not be lost.
    else if (at >= 0) typed.current.splice(0, at + 1)
    else {
      const selection = { anchor: text.length }
      editor.dispatch({ changes: { from: 0, to: doc.length, insert: text }, selection })
      typed.current = []
    }
  }, [text])

  return <div ref={host} className={styles.editor} />
}
