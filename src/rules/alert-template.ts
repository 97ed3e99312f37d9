import type { Labels } from '../model/labels.ts'
import type { RuleSample } from './rule-sample.ts'
import { Template } from './template-expander.ts'
import { type TemplateInputs, templateInputs } from './template-inputs.ts'
import { GoHistogram, GoMap, GoRecord, type GoValue } from './template-values.ts'

/** The variables that templates of alerts start with (row R3.11). */
const definitions =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

/** What templates of an alert are called in words about them. */
export function alertTemplateName(alert: string): string {
  return `__alert_${alert}`
}

/** A label or an annotation of an alert. Throws TemplateSyntaxError. */
export function alertTemplate(alert: string, text: string): Template {
  return new Template(alertTemplateName(alert), definitions + text)
}

/** What the text of such a template follows from. */
export function alertTemplateInputs({ trees }: Template): TemplateInputs {
  return templateInputs(trees, definitions.length)
}

const dataType =
  'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }'

/** What templates of alerts see of one sample. */
export function alertData(
  sample: RuleSample,
  external: { readonly labels: Labels; readonly url: string },
): GoValue {
  return new GoRecord(
    dataType,
    new Map<string, GoValue>([
      ['Labels', new GoMap('string', new Map(sample.labels.entries()))],
      ['ExternalLabels', new GoMap('string', new Map(external.labels.entries()))],
      ['ExternalURL', external.url],
      ['Value', templateValue(sample)],
    ]),
  )
}

export function templateValue({ value, histogram }: RuleSample): GoValue {
  return histogram === undefined ? value : new GoHistogram(histogram)
}
