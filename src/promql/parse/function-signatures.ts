import type { ValueType } from './ast.ts'

export interface FunctionSignature {
  readonly name: string
  readonly args: readonly ValueType[]
  /** 0 = exactly `args`; n = the last one is optional and may come up to n times; -1 = any number of times. */
  readonly variadic: number
  readonly returns: ValueType
  readonly experimental: boolean
}

const letters: Readonly<Record<string, ValueType>> = {
  v: 'vector',
  m: 'matrix',
  s: 'scalar',
  t: 'string',
}

/**
 * Every function of PromQL 3.14 (rows Q6 to Q10): its arguments (v vector, m range vector, s scalar,
 * t string), `+n` for a last argument that is optional up to n times, `+` for any number, and what
 * it returns. `!` marks an experimental one.
 */
const table = `
abs v v; absent v v; absent_over_time m v; acos v v; acosh v v; asin v v; asinh v v; atan v v; atanh v v
avg_over_time m v; ceil v v; changes m v; clamp vss v; clamp_max vs v; clamp_min vs v; cos v v; cosh v v
count_over_time m v; days_in_month v+1 v; day_of_month v+1 v; day_of_week v+1 v; day_of_year v+1 v; deg v v
end  s !; delta m v; deriv m v; exp v v; first_over_time m v; floor v v; histogram_avg v v
histogram_count v v; histogram_sum v v; histogram_stddev v v; histogram_stdvar v v
histogram_fraction ssv v; histogram_quantile sv v; histogram_quantiles vtss+9 v !
double_exponential_smoothing mss v !; hour v+1 v; idelta m v; increase m v; info vv+1 v !; irate m v
label_replace vtttt v; label_join vttt+ v; last_over_time m v; ln v v; log10 v v; log2 v v; mad_over_time m v !
max_of ss s !; max_over_time m v; min_of ss s !; min_over_time m v; minute v+1 v; month v+1 v; pi  s
predict_linear ms v; present_over_time m v; quantile_over_time sm v; rad v v; range  s !; rate m v; resets m v
round vs+1 v; scalar v s; sgn v v; sin v v; sinh v v; sort v v; sort_desc v v; sort_by_label vt+ v !
sort_by_label_desc vt+ v !; sqrt v v; start  s !; start_timestamp v v !; stddev_over_time m v
stdvar_over_time m v; step  s !; sum_over_time m v; tan v v; tanh v v; time  s; timestamp v v
ts_of_first_over_time m v !; ts_of_last_over_time m v !; ts_of_max_over_time m v !; ts_of_min_over_time m v !
vector s v; year v+1 v
`

export const functionSignatures: ReadonlyMap<string, FunctionSignature> = readTable()

function readTable(): Map<string, FunctionSignature> {
  const signatures = new Map<string, FunctionSignature>()
  for (const entry of table.split(/[;\n]/)) {
    const match = /^\s*(\w+) ([vmst]*)(\+\d?)? ([vs])( !)?\s*$/.exec(entry)
    if (match === null) continue
    const [, name = '', args = '', more, returns = '', experimental] = match
    signatures.set(name, {
      name,
      args: [...args].map((letter) => letters[letter] ?? 'vector'),
      variadic: more === undefined ? 0 : more === '+' ? -1 : Number(more.slice(1)),
      returns: letters[returns] ?? 'vector',
      experimental: experimental !== undefined,
    })
  }
  return signatures
}
