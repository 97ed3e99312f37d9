import type { Area } from '../area.ts'
import { notRunYet } from '../case-file.ts'
import { remoteReads } from './remote-read.ts'
import { remoteWrites } from './remote-write.ts'

/** What other servers send, and what they are answered. */
export const remote: Area = {
  async run(directory) {
    return [
      ...(await remoteReads(directory)),
      ...(await remoteWrites(directory)),
      ...notRunYet(directory, 'alertmanager-v2.json'),
    ]
  },
}
