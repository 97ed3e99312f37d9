import { EOF, type IRecognitionException, type IToken } from 'chevrotain'
import { goQuote } from '../model/go-quote.ts'
import { TemplateGrammar, type TemplateTrees } from './template-grammar.ts'
import { TemplateFault } from './template-pipeline-grammar.ts'
import { keywords, templateTokens, tokens } from './template-tokens.ts'

/** A template that does not parse, in Go's words with its name and line. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError'
}

interface ParseInput {
  readonly name: string
  readonly text: string
  readonly hasFunction: (name: string) => boolean
}

let shared: TemplateGrammar | undefined

/**
 * Parses Go's template language (https://pkg.go.dev/text/template). Which error is told, with which
 * words and at which line, is Go's: rule files are checked by those words. Throws TemplateSyntaxError.
 */
export function parseTemplate(input: ParseInput): TemplateTrees {
  const { name } = input
  shared ??= new TemplateGrammar()
  const grammar = shared
  try {
    grammar.begin({ ...input, tokens: templateTokens(input.text) })
    const trees = grammar.template()
    const [stuck] = grammar.errors
    if (stuck === undefined) return trees
    const line = Math.max(grammar.readLine, grammar.lineOf(stuck.token))
    throw new TemplateSyntaxError(`template: ${name}:${line}: ${words(stuck, grammar, input)}`)
  } catch (thrown) {
    if (thrown instanceof TemplateFault) {
      throw new TemplateSyntaxError(`template: ${name}:${thrown.line}: ${thrown.message}`)
    }
    if (!(thrown instanceof RangeError)) throw thrown
    throw new TemplateSyntaxError(`template: ${name}: nested too deeply`)
  }
}

/** The message of the exception is the context that Go names. */
function words(
  { token, message }: IRecognitionException,
  { actionLine }: TemplateGrammar,
  { name }: ParseInput,
): string {
  if (token.tokenType === EOF) return 'unexpected EOF'
  const { image } = token
  if (token.tokenType !== tokens.Wrong) return `unexpected ${tokenText(token)} in ${message}`
  const isFurther = actionLine !== 0 && actionLine !== token.startLine
  if (!isFurther) return image
  return `${image}${image.endsWith(' action') ? ' ' : ' in action '}started at ${name}:${actionLine}`
}

function tokenText({ tokenType, image }: IToken): string {
  if (keywords.includes(tokenType) || tokenType === tokens.Dot) return `<${image}>`
  const shown = tokenType === tokens.Right ? '}}' : image
  const characters = [...shown]
  // The length counts in bytes, what is shown in characters.
  return Buffer.byteLength(shown) > 10
    ? `${goQuote(characters.slice(0, 10).join(''))}...`
    : goQuote(shown)
}
