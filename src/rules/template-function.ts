import type { GoValue } from './template-values.ts'

/** What a function takes: `any` and `value` everything, the others values of that Go type. */
export type ParameterType =
  | 'any'
  | 'value'
  | 'string'
  | 'int'
  | 'duration'
  | 'time'
  | 'location'
  | 'bytes'
  | 'sample'
  | 'query-result'

/** What a query in a template answers, or rejects with. */
export type TemplateQuery = (expr: string) => Promise<GoValue>

/** What functions may ask for beside what they are given. */
export interface FunctionContext {
  /** Of the evaluation. */
  readonly timeMs: number
  readonly query: TemplateQuery
  readonly externalUrl: string
}

/** A function of templates. What is wrong with its values it throws as FunctionError. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[]
  /** The type of any further ones; without it there are none. */
  readonly rest?: ParameterType
  /** Why Go refuses to call it, whatever it is given. */
  readonly fault?: string
  call(values: readonly GoValue[], context: FunctionContext): GoValue | Promise<GoValue>
}

/** Becomes "error calling NAME: MESSAGE". */
export class FunctionError extends Error {
  override readonly name = 'FunctionError'
}

const goTypes: Readonly<Record<ParameterType, string>> = {
  any: 'interface {}',
  value: 'reflect.Value',
  string: 'string',
  int: 'int',
  duration: 'time.Duration',
  time: 'time.Time',
  location: '*time.Location',
  bytes: '[]uint8',
  sample: '*template.sample',
  'query-result': 'template.queryResult',
}

/** The Go name of a parameter's type, as messages show it. */
export function parameterTypeName(type: ParameterType): string {
  return goTypes[type]
}
