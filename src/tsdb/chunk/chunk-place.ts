import { checkedSampleCount } from './chunk-encoding.ts'

/** Where a chunk's data stand, from the sample count on; behind them four more bytes can be read. */
export class ChunkPlace {
  encoding = 0
  view: DataView = new DataView(new ArrayBuffer(0))
  start = 0
  length = 0

  /** A new view of an array: for who reads many chunks that is garbage. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.start, this.length)
  }

  /** As sampleCountOf. */
  get sampleCount(): number {
    const field = this.length < 2 ? 0 : this.view.getUint16(this.start)
    return checkedSampleCount(this.encoding, field, this.length)
  }
}
