import type { AlertTest } from '../config/rule-test-file.ts'
import { printDurationMs } from '../model/duration.ts'
import { Labels } from '../model/labels.ts'
import { labelsText } from '../model/labels-text.ts'
import { AlertingRule, alertNameLabel } from '../rules/alerting-rule.ts'
import type { Group } from '../rules/group.ts'
import { differenceLines, type TextTree } from './json-difference.ts'

interface TestedAlert {
  readonly labels: Labels
  readonly annotations: Labels
}

/** Row R6.3: what is wrong with the alerts that fire now; undefined where they are the expected. */
export function alertFault(
  test: AlertTest,
  groups: readonly Group[],
  testName: string,
  showsDifferences: boolean,
): string | undefined {
  const expected = sorted(
    test.alerts.map(({ labels, annotations }) => ({
      labels: Labels.of(new Map([...labels, [alertNameLabel, test.alertName]])),
      annotations: Labels.withEmptyValues(annotations),
    })),
  )
  const found = sorted(groups.flatMap((group) => firing(group, test.alertName)))
  const areSame =
    expected.length === found.length &&
    expected.every(({ labels, annotations }, index) => {
      const other = found[index]
      return other?.labels.equals(labels) === true && other.annotations.equals(annotations)
    })
  if (areSame) return undefined
  const name = testName === '' ? '' : `    name: ${testName},\n`
  const time = printDurationMs(test.evalTimeMs)
  const head = `${name}    alertname: ${test.alertName}, time: ${time}, \n`
  const deep = ' '.repeat(12)
  if (showsDifferences) {
    const lines = differenceLines(treeOf(expected), treeOf(found))
    return `${head}        diff: ${lines.join(`\n${deep}`)}`
  }
  const wanted = indented(alertsText(expected), deep)
  return `${head}        exp:${wanted}, \n        got:${indented(alertsText(found), deep)}`
}

function firing(group: Group, alertName: string): readonly TestedAlert[] {
  return group.rules
    .filter((rule) => rule instanceof AlertingRule)
    .filter(({ name }) => name === alertName)
    .flatMap((rule) => [...rule.active].filter(({ state }) => state === 'firing'))
}

function sorted(alerts: readonly TestedAlert[]): readonly TestedAlert[] {
  return [...alerts].sort(
    (a, b) => a.labels.compare(b.labels) || a.annotations.compare(b.annotations),
  )
}

function alertsText(alerts: readonly TestedAlert[]): string {
  if (alerts.length === 0) return '[]'
  const texts = alerts.map(({ labels, annotations }, index) => {
    const text = `\nLabels:${labelsText(labels)}\nAnnotations:${labelsText(annotations)}`
    return `${index}:${indented(text, '  ')}`
  })
  return `[\n${texts.join(',\n')}\n]`
}

/** All lines but the first. */
function indented(text: string, indent: string): string {
  return text.split('\n').join(`\n${indent}`)
}

/** Upstream compares with one alert of nothing where there is none. */
function treeOf(alerts: readonly TestedAlert[]): TextTree {
  if (alerts.length === 0) return [{ Labels: {}, Annotations: {} }]
  return alerts.map(({ labels, annotations }) => ({
    Labels: Object.fromEntries(labels.entries()),
    Annotations: Object.fromEntries(annotations.entries()),
  }))
}
