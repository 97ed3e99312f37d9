import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  completionStatus,
  selectedCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { lintKeymap } from '@codemirror/lint'
import { type EditorState, type Extension, Prec } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import { PromQLExtension } from '@prometheus-io/codemirror-promql'
import { basePath } from '../shell/base-path.ts'
import { editorHighlight, editorTheme } from './editor-theme.ts'

/** One for all editors of the page: it caches metric names and labels for a while. */
const promql = new PromQLExtension()
  .activateCompletion(true)
  .activateLinter(true)
  .setComplete({
    remote: {
      url: `${window.location.origin}${basePath.slice(0, -1)}`,
      // Typing one metric after another must not ask the whole database anew each time.
      cache: { maxAge: 60_000 },
    },
  })

/** True when the list of completions is open on a word that still has letters to add. */
function completionWouldAdd(state: EditorState): boolean {
  if (completionStatus(state) !== 'active') return false
  const selected = selectedCompletion(state)
  if (selected === null) return false
  const { head } = state.selection.main
  const word = state.sliceDoc(Math.max(0, head - selected.label.length), head)
  return word !== selected.label
}

export interface EditorEvents {
  readonly onChange: (text: string) => void
  readonly onRun: () => void
}

/** Enter takes a completion or runs, Shift+Enter starts a line, Ctrl+Enter always runs. */
function runKeys(events: EditorEvents): Extension {
  const run = (view: EditorView): boolean => {
    closeCompletion(view)
    events.onRun()
    return true
  }
  return Prec.highest(
    keymap.of([
      {
        key: 'Enter',
        run: (view) => (completionWouldAdd(view.state) ? acceptCompletion(view) : run(view)),
      },
      { key: 'Mod-Enter', run },
      { key: 'Shift-Enter', run: insertNewlineAndIndent },
    ]),
  )
}

export function editorExtensions(events: EditorEvents): Extension[] {
  return [
    runKeys(events),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    // Without a delay a fast Enter takes what it sees; with one it would start a line.
    autocompletion({ maxRenderedOptions: 60, icons: false, interactionDelay: 0 }),
    EditorView.lineWrapping,
    syntaxHighlighting(editorHighlight),
    promql.asExtension(),
    editorTheme,
    placeholder('PromQL expression'),
    keymap.of([
      ...closeBracketsKeymap,
      // Tab must leave the editor; nobody may be caught in it.
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
      ...lintKeymap,
    ]),
    EditorView.contentAttributes.of({
      'aria-label': 'PromQL expression',
      autocapitalize: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) events.onChange(update.state.doc.toString())
    }),
  ]
}
