import { HighlightStyle } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The editor in the page's own tokens, which reach it through the shadow root and follow the theme. */
export const editorTheme = EditorView.theme({
  '&': { color: 'var(--nx-ink)', fontSize: '14px', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--nx-mono)', lineHeight: '1.55', maxHeight: '280px' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--nx-ember)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--nx-ink-3)' },
  '.cm-cursor': { borderLeftColor: 'var(--nx-ember)', borderLeftWidth: '2px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground':
    { background: 'color-mix(in srgb, var(--nx-ember-fill) 24%, transparent)' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--nx-ember-fill) 22%, transparent)',
    borderRadius: '2px',
  },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--nx-bad-soft)' },
  // The squiggle of the library is a data: image, which the content security policy refuses.
  '.cm-lintRange-error, .cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--nx-bad) 1px',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': { textDecorationColor: 'var(--nx-warn)' },
  '.cm-lintPoint:after': { borderBottomColor: 'var(--nx-bad)' },
  '.cm-tooltip': {
    border: '1px solid var(--nx-line-strong)',
    borderRadius: '6px',
    backgroundColor: 'var(--nx-raised)',
    boxShadow: 'var(--nx-shadow-float)',
    color: 'var(--nx-ink)',
  },
  '.cm-tooltip .cm-diagnostic': {
    borderLeft: '3px solid var(--nx-bad)',
    fontFamily: 'var(--nx-sans)',
    fontSize: '13px',
    padding: '6px 10px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--nx-mono)',
    fontSize: '13px',
    maxHeight: '290px',
    borderRadius: '5px',
    minWidth: '280px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '3px 10px',
    display: 'flex',
    alignItems: 'baseline',
    gap: '8px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--nx-ember-soft)',
    color: 'var(--nx-ink)',
  },
  '.cm-completionMatchedText': {
    textDecoration: 'none',
    color: 'var(--nx-ember)',
    fontWeight: '600',
  },
  '.cm-completionDetail': {
    marginLeft: 'auto',
    paddingLeft: '16px',
    fontStyle: 'normal',
    fontSize: '11.5px',
    color: 'var(--nx-ink-3)',
  },
  '.cm-tooltip.cm-tooltip-below': { marginTop: '5px' },
  '.cm-tooltip.cm-completionInfo': {
    fontFamily: 'var(--nx-sans)',
    fontSize: '12.5px',
    lineHeight: '1.45',
    padding: '8px 10px',
    maxWidth: '340px',
  },
})

export const editorHighlight = HighlightStyle.define([
  { tag: tags.name, color: 'var(--nx-ink)' },
  { tag: [tags.number, tags.definitionKeyword], color: 'var(--nx-info)' },
  { tag: tags.string, color: 'var(--nx-label-value)' },
  { tag: tags.labelName, color: 'var(--nx-label-name)' },
  { tag: tags.keyword, color: 'var(--nx-function)', fontWeight: '600' },
  { tag: [tags.function(tags.variableName), tags.modifier], color: 'var(--nx-function)' },
  { tag: [tags.operator, tags.arithmeticOperator, tags.compareOperator], color: 'var(--nx-ember)' },
  { tag: [tags.paren, tags.squareBracket, tags.brace], color: 'var(--nx-ink-2)' },
  { tag: tags.comment, color: 'var(--nx-ink-3)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--nx-bad)' },
])
