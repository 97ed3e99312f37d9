import { createHash } from 'node:crypto'
import { limits } from '../base/limits.ts'
import { goE } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import type { Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import { QueryParseError } from '../promql/parse/parse-error.ts'
import type { Alert } from '../rules/alert.ts'
import type { Group } from '../rules/group.ts'
import type { Rule } from '../rules/rule.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import type { Parameters } from './parameters.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'
import { rfc3339 } from './rfc3339.ts'

/** Rows A5: rules, their alerts, and who is told of them. */
export function ruleRoutes(options: ApiOptions): readonly ApiRoute[] {
  return [
    {
      methods: ['GET'],
      path: 'rules',
      handle: ({ parameters }) => {
        parameters.requireWhole()
        return data(rules(options.rules().groups(), parameters))
      },
    },
    { methods: ['GET'], path: 'alerts', handle: () => data(alerts(options.rules().groups())) },
    {
      methods: ['GET', 'POST'],
      path: 'alerts/history',
      handle: (request) => alertHistory(options, request),
    },
    {
      methods: ['GET'],
      path: 'alertmanagers',
      handle: () => {
        const { activeUrls, droppedUrls } = options.rules().alertmanagers()
        return data({
          activeAlertmanagers: activeUrls.map((url) => ({ url })),
          droppedAlertmanagers: droppedUrls.map((url) => ({ url })),
        })
      },
    },
  ]
}

/** Row B1.9: by default of the last day. */
async function alertHistory(options: ApiOptions, request: ApiRequest): Promise<ApiAnswer> {
  const { parameters, signal, coding } = request
  const limit = parameters.limit()
  const endMs = parameters.timeMsOr('end', Math.floor(options.clock.wallMs()))
  const startMs = parameters.timeMsOr('start', endMs - 86_400_000)
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time')
  if (endMs - startMs > limits.alertHistorySpanMsMax) {
    const days = limits.alertHistorySpanMsMax / 86_400_000
    throw badParameter('start', `it is more than ${days} days before the end`)
  }
  const matches = parameters.all('match[]')
  const bounds = { ...options.queryDefaults(), limit }
  const history = { kind: 'alert-history', matches, startMs, endMs, bounds, coding } as const
  const reply = await options.runner().run(history, signal)
  if (!reply.ok) throw new ApiError(reply.errorType, reply.message)
  return { kind: 'bytes', pieces: reply.body, coding: reply.coding }
}

function alerts(groups: readonly Group[]): object {
  const found = groups.flatMap(({ rules: all }) => all.flatMap((rule) => alertsOf(rule)))
  return { alerts: found.map(alertJson) }
}

function alertsOf(rule: Rule): readonly Alert[] {
  return isAlerting(rule) ? rule.current : []
}

/** Told by what it has: the API sees the types of rules only. */
function isAlerting(rule: Rule): rule is Rule & {
  readonly current: readonly Alert[]
  readonly state: string
} {
  return rule.definition.kind === 'alert'
}

function alertJson(alert: Alert): object {
  return {
    labels: alert.labels.toObject(),
    annotations: alert.annotations.toObject(),
    state: alert.state,
    activeAt: rfc3339(alert.activeAtMs),
    ...(alert.keepFiringSinceMs === undefined
      ? {}
      : { keepFiringSince: rfc3339(alert.keepFiringSinceMs) }),
    value: goE(alert.value),
  }
}

/** Which rules are asked for (row A5.1). */
interface Filter {
  readonly names: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly files: ReadonlySet<string>
  readonly matcherSets: readonly (readonly Matcher[])[]
  readonly type: string
  readonly excludesAlerts: boolean
}

function rules(groups: readonly Group[], parameters: Parameters): object {
  const filter = filterOf(parameters)
  const { limit, token } = pageOf(parameters)
  const start = token === '' ? 0 : groups.findIndex((group) => tokenOf(group) === token)
  if (start < 0) {
    throw badParameter(
      'group_next_token',
      `invalid group_next_token '${token}'. were rule groups changed?`,
    )
  }
  const found: object[] = []
  for (const group of groups.slice(start)) {
    const json = groupJson(group, filter)
    if (json === undefined) continue
    if (found.length === limit) return { groups: found, groupNextToken: tokenOf(group) }
    found.push(json)
  }
  return { groups: found }
}

function filterOf(parameters: Parameters): Filter {
  const set = (name: string) => new Set(parameters.all(name))
  const matcherSets = matcherSetsOf(parameters.all('match[]'))
  const type = parameters.text('type').toLowerCase()
  if (!['', 'alert', 'record'].includes(type)) {
    throw badParameter('type', `not supported value ${goQuote(type)}`)
  }
  return {
    names: set('rule_name[]'),
    groups: set('rule_group[]'),
    files: set('file[]'),
    matcherSets,
    type,
    excludesAlerts: excludesAlerts(parameters.text('exclude_alerts').toLowerCase()),
  }
}

/** What does not parse is told before what selects everything. */
function matcherSetsOf(selectors: readonly string[]): readonly (readonly Matcher[])[] {
  const sets = selectors.map(matchersOf)
  if (sets.every((set) => set.some((matcher) => !matcher.matches('')))) return sets
  throw new ApiError('bad_data', 'match[] must contain at least one non-empty matcher')
}

function matchersOf(selector: string): readonly Matcher[] {
  try {
    return parseSelector(selector)
  } catch (thrown) {
    if (!(thrown instanceof QueryParseError)) throw thrown
    throw new ApiError('bad_data', thrown.message)
  }
}

/** Go's ParseBool, of a text in lower case. */
function excludesAlerts(text: string): boolean {
  if (text === '1' || text === 't' || text === 'true') return true
  if (['', '0', 'f', 'false'].includes(text)) return false
  const words = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`
  throw badParameter('exclude_alerts', `error converting exclude_alerts: ${words}`)
}

function pageOf(parameters: Parameters): { readonly limit: number; readonly token: string } {
  const text = parameters.written('group_limit')
  const token = parameters.text('group_next_token')
  if (token !== '' && text === '') {
    const words = 'group_limit needs to be present in order to paginate over the groups'
    throw badParameter('group_next_token', words)
  }
  if (text === '') return { limit: Number.POSITIVE_INFINITY, token }
  const fault = !/^[+-]?\d+$/.test(text)
    ? 'invalid syntax'
    : Number(text) !== (Number(text) | 0)
      ? 'value out of range'
      : undefined
  if (fault !== undefined) {
    const words = `strconv.ParseInt: parsing ${goQuote(text)}: ${fault}`
    throw badParameter('group_limit', `group_limit needs to be a valid number: ${words}`)
  }
  if (Number(text) <= 0) {
    throw badParameter('group_limit', 'group_limit needs to be greater than 0')
  }
  return { limit: Number(text), token }
}

function tokenOf({ file, name }: Group): string {
  return createHash('sha256').update(`${file};${name}`).digest('hex')
}

/** Undefined where nothing of the group is asked for (row A5.2). */
function groupJson(group: Group, filter: Filter): object | undefined {
  const { groups, files } = filter
  if (groups.size > 0 && !groups.has(group.name)) return undefined
  if (files.size > 0 && !files.has(group.file)) return undefined
  const found = group.rules.filter((rule) => isWanted(rule, filter))
  if (found.length === 0) return undefined
  return {
    name: group.name,
    file: group.file,
    rules: found.map((rule) => ruleJson(rule, filter.excludesAlerts)),
    interval: group.intervalMs / 1_000,
    limit: group.limit,
    evaluationTime: group.evaluationMs / 1_000,
    lastEvaluation: rfc3339(group.lastEvaluationMs ?? 0),
  }
}

function isWanted(rule: Rule, { names, matcherSets, type }: Filter): boolean {
  if (names.size > 0 && !names.has(rule.name)) return false
  if (type !== '' && type !== rule.definition.kind) return false
  return matcherSets.length === 0 || matcherSets.some((set) => matchesAll(rule.labels, set))
}

function matchesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
}

/** Row A5.3. */
function ruleJson(rule: Rule, withoutAlerts: boolean): object {
  const { definition, lastError } = rule
  const named = { name: rule.name, query: definition.query }
  const labels = { labels: rule.labels.toObject() }
  const ending = {
    health: rule.health,
    ...(lastError === '' ? {} : { lastError }),
    evaluationTime: rule.evaluationMs / 1_000,
    lastEvaluation: rfc3339(rule.lastEvaluationMs ?? 0),
  }
  if (!isAlerting(rule)) return { ...named, ...labels, ...ending, type: 'recording' }
  return {
    state: rule.state,
    ...named,
    duration: definition.forMs / 1_000,
    keepFiringFor: definition.keepFiringForMs / 1_000,
    ...labels,
    annotations: definition.annotations.toObject(),
    alerts: withoutAlerts ? null : rule.current.map(alertJson),
    ...ending,
    type: 'alerting',
  }
}
