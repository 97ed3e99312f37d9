import { NarthexError } from '../base/errors.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { scrapeConfigText } from '../config/print.ts'
import { goJsonFault } from '../model/go-json-fault.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import { type RelabelRule, relabelBuilder } from '../model/relabel.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import type { TargetsView } from '../scrape/target-state.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import type { Parameters } from './parameters.ts'
import { type ApiRoute, data } from './request.ts'

/** Rows A3: what targets tell of their metrics, and how pools are configured and relabel. */
export function poolRoutes({ targets }: Pick<ApiOptions, 'targets'>): readonly ApiRoute[] {
  return [
    {
      methods: ['GET'],
      path: 'targets/metadata',
      handle: ({ parameters }) => data(targetMetadata(targets(), parameters)),
    },
    {
      methods: ['GET'],
      path: 'targets/relabel_steps',
      handle: ({ parameters }) => data({ steps: relabelSteps(targets(), parameters) }),
    },
    {
      methods: ['GET'],
      path: 'scrape_pools/config',
      handle: ({ parameters }) => data({ yaml: scrapeConfigText(poolOf(targets(), parameters)) }),
    },
  ]
}

/** The limit is looked at between targets only, as in Prometheus: the last one is told whole. */
function targetMetadata(view: TargetsView, parameters: Parameters): readonly object[] {
  const limit = parameters.number('limit') ?? -1
  const matches = matcherOf(parameters.text('match_target'))
  const metric = parameters.text('metric')
  const found: object[] = []
  view.eachTargetMetadata((labels, families) => {
    if (limit >= 0 && found.length >= limit) return false
    if (!matches(labels)) return true
    const target = labels.toObject()
    families.each((family, { type, help, unit }) => {
      if (metric === '') found.push({ target, metric: family, type, help, unit })
      else if (family === metric) found.push({ target, type, help, unit })
      return true
    })
    return true
  })
  return found
}

function matcherOf(selector: string): (labels: Labels) => boolean {
  if (selector === '') return () => true
  try {
    const matchers = parseSelector(selector)
    return (labels) => matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw badParameter('match_target', thrown.message)
    throw thrown
  }
}

function poolOf(view: TargetsView, parameters: Parameters): ScrapeConfig {
  const name = parameters.text('scrapePool')
  if (name === '') throw new ApiError('bad_data', 'no scrapePool parameter provided')
  const config = view.poolConfig(name)
  if (config !== undefined) return config
  const words = `error retrieving scrape config: scrape pool ${JSON.stringify(name)} not found`
  throw new ApiError('bad_data', words)
}

/** Each rule with what the labels are behind it; behind one that drops them there are none. */
function relabelSteps(view: TargetsView, parameters: Parameters): readonly object[] {
  if (parameters.text('scrapePool') === '') {
    throw new ApiError('bad_data', 'no scrapePool parameter provided')
  }
  const text = parameters.text('labels')
  if (text === '') throw new ApiError('bad_data', 'no labels parameter provided')
  const builder = new LabelsBuilder(labelsOf(text))
  const { relabelRules } = poolOf(view, parameters)
  let keep = true
  return relabelRules.map((rule) => {
    keep = keep && relabelBuilder(builder, [rule])
    const output = keep ? builder.build().toObject() : {}
    return { rule: ruleObject(rule), output, keep }
  })
}

/** As Go decodes them: a null has no labels, and the text of a null is empty. */
function labelsOf(text: string): Labels {
  const value = jsonOf(text) ?? {}
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, 'map[string]string')
  return Labels.of(
    Object.entries(value).map(([name, one]: [string, unknown]): [string, string] => {
      if (one !== null && typeof one !== 'string') throw mismatch(one, 'string')
      return [name, one ?? '']
    }),
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    const words = goJsonFault(text) ?? thrown.message
    throw new ApiError('bad_data', `error parsing labels: ${words}`)
  }
}

function mismatch(value: unknown, wanted: string): ApiError {
  const type = typeof value === 'boolean' ? 'bool' : Array.isArray(value) ? 'array' : typeof value
  const words = `json: cannot unmarshal ${type} into Go value of type ${wanted}`
  return new ApiError('bad_data', `error parsing labels: ${words}`)
}

/** A rule as Prometheus writes it in JSON. */
function ruleObject(rule: RelabelRule): object {
  const { sourceLabels, separator, regex, modulus, targetLabel, replacement, action } = rule
  return {
    ...(sourceLabels === undefined || sourceLabels.length === 0
      ? {}
      : { source_labels: sourceLabels }),
    separator,
    regex: regex.pattern,
    ...(modulus === 0n ? {} : { modulus: Number(modulus) }),
    ...(targetLabel === '' ? {} : { target_label: targetLabel }),
    replacement,
    action,
  }
}
