import type { Area } from '../area.ts'
import { alertPosts } from './alertmanager.ts'
import { remoteReads } from './remote-read.ts'
import { remoteWrites } from './remote-write.ts'

/** What other servers send, and what they are answered. */
export const remote: Area = {
  async run(directory) {
    return [
      ...(await remoteReads(directory)),
      ...(await remoteWrites(directory)),
      ...(await alertPosts(directory)),
    ]
  },
}
