import { goQuote } from '../model/go-quote.ts'
import type { NameScheme } from '../model/name-validity.ts'
import { emptySection, type Located } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { SectionReader } from './section-reader.ts'
import { type YamlMapping, yamlList } from './yaml-text.ts'

const strategies = [
  'UnderscoreEscapingWithSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoTranslation',
] as const

/** How names and attributes of OTLP become labels (rows C8.4 to C8.6). */
export type OtlpConfig = ReturnType<typeof readFields> & { readonly printed: YamlMapping }

/** Absent: every default. */
export function readOtlp(
  at: Located | undefined,
  nameScheme: NameScheme,
  context: ReadContext,
): OtlpConfig {
  const fields = new SectionReader(at ?? emptySection, 'config.plain', context)
  const config = readFields(fields)
  const strategy = config.translationStrategy
  const isUtf8 = strategy === 'NoTranslation' || strategy === 'NoUTF8EscapingWithSuffixes'
  if (isUtf8 && nameScheme === 'legacy') {
    const words = `OTLP translation strategy ${goQuote(strategy)}`
    fields.fields.refuse(`${words} is not allowed when UTF8 is disabled`, 'document')
  }
  return { ...config, printed: fields.end() }
}

function readFields(fields: SectionReader) {
  const all = fields.flag('promote_all_resource_attributes')
  const promoted = readAttributes(
    fields,
    'promote_resource_attributes',
    all ? undefined : 'promoted',
  )
  const ignored = readAttributes(fields, 'ignore_resource_attributes', all ? 'ignored' : undefined)
  fields.fields.refuse(listsFault(all, promoted.length, ignored.length))
  return {
    promoteAllResourceAttributes: all,
    promoteResourceAttributes: promoted,
    ignoreResourceAttributes: ignored,
    translationStrategy: fields.word(
      'translation_strategy',
      strategies,
      (text) => `unsupported OTLP translation strategy ${goQuote(text)}`,
      'UnderscoreEscapingWithSuffixes',
      'unless empty',
      'otlptranslator.TranslationStrategyOption',
      'document',
    ),
    keepIdentifyingResourceAttributes: fields.flag('keep_identifying_resource_attributes'),
    convertHistogramsToNhcb: fields.flag('convert_histograms_to_nhcb'),
    promoteScopeMetadata: fields.flag('promote_scope_metadata'),
    labelNameUnderscoreSanitization: fields.flag('label_name_underscore_sanitization', true),
    labelNamePreserveMultipleUnderscores: fields.flag(
      'label_name_preserve_multiple_underscores',
      true,
    ),
  }
}

function listsFault(all: boolean, promoted: number, ignored: number): string | undefined {
  if (all && promoted > 0) {
    return "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously"
  }
  return !all && ignored > 0
    ? "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true"
    : undefined
}

/** Names without blanks around them; `adjective` says that each must be one, and only once. */
function readAttributes(
  fields: SectionReader,
  key: string,
  adjective: string | undefined,
): readonly string[] {
  const given = fields.fields.texts(key) ?? []
  const names = adjective === undefined ? given : given.map((text) => text.trim())
  const faults = names.flatMap((name, index) => {
    if (name === '') return [`empty ${adjective} OTel resource attribute`]
    if (names.indexOf(name) === index) return []
    return [`duplicated ${adjective} OTel resource attribute ${goQuote(name)}`]
  })
  if (adjective !== undefined && faults.length > 0) {
    const at = fields.fields.take(key)
    fields.fields.refuse(`invalid '${key}': ${faults.join('\n')}`, 'own', at)
  }
  if (names.length > 0) fields.record([[key, yamlList(names)]])
  return names
}
