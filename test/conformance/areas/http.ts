import type { Area } from '../area.ts'
import { dynamicAnswers } from './http-dynamic.ts'
import { federated } from './http-federate.ts'
import { jsonEncoding, parameterParsing } from './http-json.ts'
import { staticAnswers } from './http-static.ts'

/** What the HTTP interface answers. */
export const http: Area = {
  async run(directory) {
    return [
      ...(await dynamicAnswers(directory)),
      ...(await staticAnswers(directory)),
      ...(await jsonEncoding(directory)),
      ...parameterParsing(directory),
      ...(await federated(directory)),
    ]
  },
}
