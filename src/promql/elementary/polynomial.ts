/** Horner's rule, highest power first; a quotient of two such is rounded once for each step. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let index = 0; index < coefficients.length; index++) {
    sum = sum * x + (coefficients[index] ?? 0)
  }
  return sum
}
