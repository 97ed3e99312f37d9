import { limits } from '../base/limits.ts'
import { ConfigProblem } from './problem.ts'
import { StrictYamlReader } from './strict-yaml.ts'
import { oldBooleans } from './yaml-mismatch.ts'
import { parseYaml, type YamlNode } from './yaml-node.ts'

/** A file of unit tests of rules (rows R6.1 to R6.4). */
export interface RuleTestFile {
  /** As they are written, with stars. */
  readonly ruleFiles: readonly string[]
  readonly evaluationIntervalMs: number
  readonly groupEvalOrder: readonly string[]
  readonly isFuzzy: boolean
  readonly tests: readonly RuleTest[]
}

export interface RuleTest {
  readonly name: string
  /** Between two values of a series; that of the evaluation where none is written. */
  readonly intervalMs: number
  readonly inputSeries: readonly { readonly series: string; readonly values: string }[]
  readonly alertTests: readonly AlertTest[]
  readonly exprTests: readonly ExprTest[]
  readonly externalLabels: ReadonlyMap<string, string>
  readonly externalUrl: string
  /** Unix seconds or RFC 3339; '' is 1970. */
  readonly startTimestamp: string
}

export interface AlertTest {
  readonly evalTimeMs: number
  readonly alertName: string
  readonly alerts: readonly {
    readonly labels: ReadonlyMap<string, string>
    readonly annotations: ReadonlyMap<string, string>
  }[]
}

export interface ExprTest {
  readonly expr: string
  readonly evalTimeMs: number
  readonly samples: readonly ExpectedSample[]
}

export interface ExpectedSample {
  readonly labels: string
  readonly value: number
  /** In the notation of series; '' where it is a float. */
  readonly histogram: string
}

/** Reads a file strictly; or what is wrong with it, in upstream's words. */
export function readRuleTestFile(text: string): RuleTestFile | { readonly error: string } {
  if (Buffer.byteLength(text) > limits.configBytesMax) {
    return { error: `file is over ${limits.configBytesMax} bytes` }
  }
  try {
    const reader = new RuleTestFileReader()
    const file = reader.file(parseYaml(text))
    const error = reader.error()
    return error === undefined ? file : { error }
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    return { error: thrown.message }
  }
}

const minuteMs = 60_000
const noNode: YamlNode = { kind: 'map', line: 0, entries: [], duplicates: [] }

class RuleTestFileReader extends StrictYamlReader {
  constructor() {
    super({
      ignoresUnknown: false,
      isNewer: false,
      booleans: oldBooleans,
      duplicate: (key, type) =>
        type === undefined
          ? `key ${JSON.stringify(key)} already set in map`
          : `field ${key} already set in type ${type}`,
    })
  }

  error(): string | undefined {
    return this.framed(() => true)[0]
  }

  file(node: YamlNode = noNode): RuleTestFile {
    const fields = this.fields(node, 'main.unitTestFile', [
      'rule_files',
      'evaluation_interval',
      'group_eval_order',
      'tests',
      'fuzzy_compare',
    ])
    const intervalMs = this.durationMs(fields.get('evaluation_interval')) || minuteMs
    return {
      ruleFiles: this.#strings(fields.get('rule_files')),
      evaluationIntervalMs: intervalMs,
      groupEvalOrder: this.#strings(fields.get('group_eval_order')),
      isFuzzy: this.boolean(fields.get('fuzzy_compare')),
      tests: this.list(fields.get('tests'), 'main.testGroup').map((item) =>
        this.#test(item, intervalMs),
      ),
    }
  }

  #test(node: YamlNode, evaluationIntervalMs: number): RuleTest {
    const fields = this.fields(node, 'main.testGroup', [
      'interval',
      'input_series',
      'alert_rule_test',
      'promql_expr_test',
      'external_labels',
      'external_url',
      'name',
      'start_timestamp',
    ])
    return {
      name: this.text(fields.get('name')).text,
      intervalMs: this.durationMs(fields.get('interval')) || evaluationIntervalMs,
      inputSeries: this.list(fields.get('input_series'), 'main.series').map((item) => {
        const series = this.fields(item, 'main.series', ['series', 'values'])
        const text = (key: string) => this.text(series.get(key)).text
        return { series: text('series'), values: text('values') }
      }),
      alertTests: this.list(fields.get('alert_rule_test'), 'main.alertTestCase').map((item) =>
        this.#alertTest(item),
      ),
      exprTests: this.list(fields.get('promql_expr_test'), 'main.promqlTestCase').map((item) =>
        this.#exprTest(item),
      ),
      externalLabels: this.texts(fields.get('external_labels')),
      externalUrl: this.text(fields.get('external_url')).text,
      startTimestamp: this.text(fields.get('start_timestamp')).text,
    }
  }

  #alertTest(node: YamlNode): AlertTest {
    const fields = this.fields(node, 'main.alertTestCase', ['eval_time', 'alertname', 'exp_alerts'])
    return {
      evalTimeMs: this.durationMs(fields.get('eval_time')),
      alertName: this.text(fields.get('alertname')).text,
      alerts: this.list(fields.get('exp_alerts'), 'main.alert').map((item) => {
        const alert = this.fields(item, 'main.alert', ['exp_labels', 'exp_annotations'])
        return {
          labels: this.texts(alert.get('exp_labels')),
          annotations: this.texts(alert.get('exp_annotations')),
        }
      }),
    }
  }

  #exprTest(node: YamlNode): ExprTest {
    const fields = this.fields(node, 'main.promqlTestCase', ['expr', 'eval_time', 'exp_samples'])
    return {
      expr: this.text(fields.get('expr')).text,
      evalTimeMs: this.durationMs(fields.get('eval_time')),
      samples: this.list(fields.get('exp_samples'), 'main.sample').map((item) => {
        const sample = this.fields(item, 'main.sample', ['labels', 'value', 'histogram'])
        return {
          labels: this.text(sample.get('labels')).text,
          value: this.float(sample.get('value')),
          histogram: this.text(sample.get('histogram')).text,
        }
      }),
    }
  }

  #strings(node: YamlNode | undefined): readonly string[] {
    return this.list(node, 'string').map((item) => this.text(item).text)
  }
}
