import type { Area } from '../area.ts'
import { notRunYet } from '../case-file.ts'
import { federated } from './http-federate.ts'
import { jsonEncoding, parameterParsing } from './http-json.ts'
import { staticAnswers } from './http-static.ts'

/** What the HTTP interface answers. */
export const http: Area = {
  async run(directory) {
    return [
      ...notRunYet(directory, 'dynamic.json'),
      ...(await staticAnswers(directory)),
      ...(await jsonEncoding(directory)),
      ...parameterParsing(directory),
      ...(await federated(directory)),
    ]
  },
}
