import type { HostChannel, ReplyMessage } from './protocol.ts'

/**
 * Answers of queries that came in one message: they go back in one, too, as far as they are there when
 * it is sent; each of the others goes by itself.
 */
export class GatheredReplies {
  readonly #channel: HostChannel
  #replies: ReplyMessage[] = []
  #transfer: ArrayBuffer[] = []
  #isOver = false

  constructor(channel: HostChannel) {
    this.#channel = channel
  }

  send(reply: ReplyMessage, transfer: readonly ArrayBuffer[]): void {
    if (this.#isOver) {
      this.#channel.send(reply, transfer)
      return
    }
    this.#replies.push(reply)
    this.#transfer.push(...transfer)
  }

  /** Sends what is there. */
  flush(): void {
    const [replies, transfer] = [this.#replies, this.#transfer]
    this.#replies = []
    this.#transfer = []
    const [first] = replies
    if (first === undefined) return
    const isOne = replies.length === 1
    this.#channel.send(isOne ? first : { kind: 'replies', replies }, transfer)
  }

  /** And from now on whatever comes at once. */
  end(): void {
    this.flush()
    this.#isOver = true
  }
}
