import { limits } from '../../base/limits.ts'
import type { QueryControl, QueryReply } from '../../storage/query-runner.ts'

type OkReply = Extract<QueryReply, { ok: true }>

/**
 * A reply of pieces that are made as they are taken: short ones go out at once, with their length; of
 * long ones the rest comes as `more` where that may be. `close` is called behind the last piece, or
 * when nobody takes any more; `rest` before the reply goes out.
 */
export async function streamedReply(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  close: () => void,
  control: QueryControl,
  mayStream: boolean,
  rest: () => Pick<OkReply, 'contentType' | 'warnings'> = () => ({}),
): Promise<QueryReply> {
  const body: Uint8Array[] = []
  let isStreamed = false
  try {
    for (;;) {
      const { done, value } = await pieces.next()
      if (done === true) return { ok: true, body, ...rest() }
      body.push(value)
      await control.checkpoint()
      if (mayStream && body.length >= limits.answerPiecesAhead) break
    }
    isStreamed = true
    return { ok: true, body, more: following(pieces, close, control), ...rest() }
  } finally {
    if (!isStreamed) close()
  }
}

async function* following(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  close: () => void,
  control: QueryControl,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    for await (const piece of pieces) {
      yield piece
      await control.checkpoint()
    }
  } finally {
    close()
  }
}
