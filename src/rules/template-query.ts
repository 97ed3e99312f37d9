import { templateValue } from './alert-template.ts'
import { RuleError, type RuleSample } from './rule-sample.ts'
import { FunctionError, type TemplateQuery } from './template-function.ts'
import { GoList, goSample, queryResultType } from './template-values.ts'

/** Queries of templates by what answers them, which rejects with RuleError. */
export function templateQuery(
  query: (expr: string) => Promise<readonly RuleSample[]>,
): TemplateQuery {
  return async (expr) => {
    try {
      const samples = await query(expr)
      return new GoList(
        queryResultType,
        samples.map((sample) => goSample(sample.labels.entries(), templateValue(sample))),
      )
    } catch (thrown) {
      if (!(thrown instanceof RuleError)) throw thrown
      throw new FunctionError(thrown.message)
    }
  }
}
