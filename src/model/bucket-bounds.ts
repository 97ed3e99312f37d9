import { customBucketsSchema, type HistogramLayout, schemaMax } from './histogram.ts'

/**
 * The bounds of schema 8 between 0.5 and 1, as little-endian doubles: those of Prometheus 3.14, bit
 * for bit (they are not the nearest doubles to the powers of two). Coarser schemas take every n-th.
 */
const finestBounds = new Float64Array(
  Uint8Array.from(
    Buffer.from(
      [
        'AAAAAAAA4D+/vFr6GgvgPzUz+6k9FuA/gQI7FGgh4D9hgHc+mizgP8y7ES7UN+A/hH9u6BVD4D+xVPZyX07gP3SFFdOw',
        'WeA/iR88Dgpl4D/d9t0pa3DgPzaocivUe+A/yJt1GEWH4D/gB2b2vZLgP4Pzxso+nuA/GTkfm8ep4D8PiflsWLXgP4Vs',
        '5EXxwOA/9kdyK5LM4D/qXTkjO9jgP6LR0zLs4+A/xanfX6Xv4D8a0/6vZvvgPz0j1ygwB+E/UFsS0AET4T+1Kl6r2x7h',
        'P8sxbMC9KuE/qgTyFKg24T/fLamumkLhPy0xT5OVTuE/UI6lyJha4T/Bw3FUpGbhP3tRfTy4cuE/wLuVhtR+4T/pjYw4',
        '+YrhPy9dN1gml+E/dctv61uj4T8cihP4ma/hP9NcBITgu+E/axwolS/I4T+quWgxh9ThPyZAtF7n4OE/HNn8IlDt4T9M',
        'zjiEwfnhP9aMYog7BuI/Gah4Nb4S4j+V3H2RSR/iP9ASeaLdK+I/OGJ1bno44j8KFIL7H0XiPz6msk/OUeI/dM4ecYVe',
        '4j/dfOJlRWviPyrfHTQOeOI/gGP14d+E4j9vu5F1upHiP+HeH/WdnuI/Ew/RZoqr4j+P2drQf7jiPy4bdzl+xeI/CwPk',
        'poXS4j+JFWQflt/iP1UvPqmv7OI/aoi9StL54j8VtzEK/gbjP/2y7u0yFOM/MdhM/HAh4z8y6qg7uC7jP/8WZLIIPOM/',
        'LfrjZmJJ4z/wn5JfxVbjPzqI3qIxZOM/yqk6N6dx4z9JdR4jJn/jP2TYBW2ujOM/7UBxG0Ca4z/2n+U026fjP/Rs7L9/',
        'teM/46gTwy3D4z9y4e1E5dDjPyI0Ekym3uM/dVEc33Ds4z8bgKwERfrjPySgZ8MiCOQ/Ki73IQoW5D+KRgkn+yPkP5ao',
        'UNn1MeQ/1LmEP/o/5D8tiWFgCE7kPzLSp0IgXOQ/VwAd7UFq5D82MotmbXjkP9A8wbWihuQ/0q6S4eGU5D/e09fwKqPk',
        'P9e3bep9seQ/Jyo21dq/5D8UwRe4Qc7kPw3d/Zmy3OQ//qvYgS3r5D+nLJ12svnkP+8xRX9BCOU/QmbPotoW5T/vTj/o',
        'fSXlP4FPnVYrNOU/J6329OJC5T8Nkl3KpFHlP9AQ6d1wYOU/2ie1Nkdv5T/PxOLbJ37lP/zHl9QSjeU/ywf/Jwic5T8p',
        'VEjdB6vlPwJ6qPsRuuU/tkZZiibJ5T+Si5mQRdjlP0ghrRVv5+U/cevcIKP25T8I3Ha54QXmP/T2zeYqFeY/hFU6sH4k',
        '5j/9KRkd3TPmPx7DzDRGQ+Y/tY+8/rlS5j8kIlWCOGLmP/UzCMfBceY/cqlM1FWB5j83lZ6x9JDmP8w7f2aeoOY/Phd1',
        '+lKw5j++2gt1EsDmP0V21N3cz+Y/LhplPLLf5j/kOlmYku/mP4KUUfl9/+Y/hS70ZnQP5z9zX+zodR/nP4nQ6oaCL+c/',
        'coGlSJo/5z/8y9c1vU/nP8hnQlbrX+c/CW6rsSRw5z8+Xd5PaYDnP/UcrDi5kOc/hgHrcxSh5z/az3YJe7HnPzHBMAHt',
        'wec/74b/YmrS5z9hTs828+LnP5DEkYSH8+c/EBo+VCcE6D/YBtGt0hToPxHOTJmJJeg/9kG5Hkw26D+rxyNGGkfoPx9b',
        'nxf0V+g/65JEm9lo6D81pDHZynnoP5dmitnHiug/DVh4pNCb6D/boCpC5azoP3gX1roFvug/i0S1FjLP6D/YZgheauDo',
        'PzZ3FZmu8eg/iiwo0P4C6T/F/5ELWxTpP+IvqlPDJek/5MXNsDc36T/kmF8ruEjpPw1SyMtEWuk/sXB2mt1r6T9PTt6f',
        'gn3pP6IieuQzj+k/uAfKcPGg6T8L/lNNu7LpP4/wo4KRxOk/1LhLGXTW6T8hI+MZY+jpP5zyB41e+uk/ZOVde2YM6j+7',
        'uI7teh7qPzItSuybMOo/1wpGgMlC6j9bJT6yA1XqP1Fg9IpKZ+o/VrMwE5556j9XLsFT/ovqP779eVVrnuo/uW41IeWw',
        '6j9489O/a8PqP3MnPDr/1eo/rNNamZ/o6j/+8iLmTPvqP2O2jSkHDus/UImabM4g6z/6FU+4ojPrP7BJtxWERus/OFnl',
        'jXJZ6z8pxfEpbmzrP0Ve+/J2f+s/4kkn8oyS6z9HBqEwsKXrPx1vmrfguOs/0MFLkB7M6z8FovPDad/rPwYe11vC8us/',
        'O7NBYSgG7D+aUoXdmxnsPypl+tkcLew/eND/X6tA7D8g+/p4R1TsP0nRVy7xZ+w/McmIiah77D+y5waUbY/sP9jEUVdA',
        'o+w/ZpDv3CC37D9yFm0uD8vsP/bDXVUL3+w/cKtbWxXz7D95iQdKLQftP2bJCCtTG+0/7okNCIcv7T/TocrqyEPtP4ak',
        '+9wYWO0/0uZi6HZs7T+Wg8kW44DtP3Rg/3Fdle0/hDLbA+ap7T8TgzrWfL7tP160AfMh0+0/VgYcZNXn7T9dm3szl/zt',
        'PxZ9GWtnEe4/JqH1FEYm7j8P7hY7MzvuP/U/i+cuUO4/dW1nJDll7j+BTMf7UXruPz63zXd5j+4/2JCkoq+k7j9tynyG',
        '9LnuP+5nji1Iz+4/DoUYoqrk7j8mWmHuG/ruPylBthycD+8/lbprNysl7z9yct1IyTrvPz5Fblt2UO8/9kSIeTJm7z8Q',
        'vpyt/XvvP4Y8JALYke8/1pCegcGn7z8S1ZI2ur3vP+5xjyvC0+8/1iMqa9np7z8=',
      ].join(''),
      'base64',
    ),
  ).buffer,
)

/** The upper bound of a positive bucket by its index; of a negative one with the sign turned. */
export function bucketBound(index: number, layout: HistogramLayout): number {
  const { schema } = layout
  if (schema === customBucketsSchema) return customBound(index, layout)
  // The largest number is the bound of the last bucket before that of the infinities.
  if (schema < 0) {
    const exponent = index * 2 ** -schema
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent
  }
  const perPower = 2 ** schema
  const power = Math.floor(index / perPower)
  const fraction = finestBounds[(index - power * perPower) * 2 ** (schemaMax - schema)] ?? 0
  if (fraction === 0.5 && power === 1024) return Number.MAX_VALUE
  // Twice the fraction is at least 1, so that powers down to the smallest number stay exact.
  return fraction * 2 * 2 ** power
}

function customBound(index: number, { customBounds, customBoundCount }: HistogramLayout): number {
  if (index >= customBoundCount) return Number.POSITIVE_INFINITY
  return index < 0 ? Number.NEGATIVE_INFINITY : (customBounds[index] ?? 0)
}
