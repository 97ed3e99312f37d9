import { parseTimeMs } from '../api/time-parameter.ts'
import { unreachable } from '../base/assert.ts'
import { printDurationMs } from '../model/duration.ts'
import { Labels } from '../model/labels.ts'
import { labelsText } from '../model/labels-text.ts'
import type {
  BacktestAlertAnswer,
  BacktestAlertingAnswer,
  BacktestAnswer,
  BacktestGroupAnswer,
  BacktestIntervalAnswer,
  BacktestRecordingAnswer,
  BacktestRuleAnswer,
} from '../rules/backtest-contract.ts'

/** What a backtest found, for people: groups, rules, and a line for each interval of an alert. */
export function backtestText({ start, end, groups }: BacktestAnswer): string {
  const lines = [`From ${shortTime(start)} to ${shortTime(end)}`]
  for (const group of groups) lines.push('', ...groupLines(group))
  return `${lines.join('\n')}\n`
}

function groupLines({ name, interval, evaluations, rules }: BacktestGroupAnswer): string[] {
  const every = durationText(interval)
  const lines = [`Group ${name}: ${counted(evaluations, 'evaluation')}, one every ${every}`]
  for (const rule of rules) lines.push(...ruleLines(rule, evaluations).map((line) => `  ${line}`))
  return lines
}

function ruleLines(rule: BacktestRuleAnswer, evaluations: number): string[] {
  const { failures, lastError } = rule
  const failed =
    failures === 0 ? [] : [`  ${failures} of ${evaluations} evaluations failed: ${lastError}`]
  switch (rule.type) {
    case 'recording':
      return [recordingLine(rule), ...failed]
    case 'alerting':
      return [alertingLine(rule), ...failed, ...rule.alerts.flatMap(alertLines)]
    default:
      return unreachable(rule)
  }
}

function recordingLine({ name, series, samples }: BacktestRecordingAnswer): string {
  return `record ${name}: ${counted(samples, 'sample')} of ${series} series`
}

function alertingLine({ name, alerts, duration, keepFiringFor }: BacktestAlertingAnswer): string {
  const fired = alerts.flatMap(({ intervals }) => intervals.filter(isFiring))
  const seconds = fired.reduce((sum, interval) => sum + interval.duration, 0)
  const settings = [
    ...(duration > 0 ? [`for ${durationText(duration)}`] : []),
    ...(keepFiringFor > 0 ? [`keep firing for ${durationText(keepFiringFor)}`] : []),
  ]
  const behind = settings.length === 0 ? '' : ` (${settings.join(', ')})`
  if (alerts.length === 0) return `alert ${name}${behind}: never`
  const times = fired.length === 0 ? 'never fired' : `fired ${counted(fired.length, 'time')}`
  const total = fired.length === 0 ? '' : `, ${durationText(seconds)} in all`
  return `alert ${name}${behind}: ${times}${total}, ${counted(alerts.length, 'alert')}`
}

function isFiring({ state }: BacktestIntervalAnswer): boolean {
  return state === 'firing'
}

function alertLines({ labels, intervals }: BacktestAlertAnswer): string[] {
  return [`  ${labelsText(Labels.of(labels))}`, ...intervals.map(intervalLine)]
}

function intervalLine({ state, start, end, duration }: BacktestIntervalAnswer): string {
  const until = end === undefined ? 'still at the end'.padEnd(20) : shortTime(end)
  return `    ${state.padEnd(7)}  ${shortTime(start)}  ${until}  ${durationText(duration)}`
}

/** To the second: times of evaluations have some fraction of it in common. */
function shortTime(text: string): string {
  return `${new Date(parseTimeMs(text)).toISOString().slice(0, 19)}Z`
}

function durationText(seconds: number): string {
  return printDurationMs(Math.round(seconds * 1_000))
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
