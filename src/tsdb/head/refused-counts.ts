import { type RefusalCode, refusal } from '../../storage/appender.ts'

type Kind = 'float' | 'histogram'

/** How many samples of either kind were refused for their time, since the start. */
export class RefusedCounts {
  readonly outOfOrder = { float: 0, histogram: 0 }
  readonly outOfBounds = { float: 0, histogram: 0 }
  readonly tooOld = { float: 0, histogram: 0 }

  count(code: RefusalCode, kind: Kind): void {
    if (code === refusal.outOfOrder) this.outOfOrder[kind]++
    else if (code === refusal.outOfBounds) this.outOfBounds[kind]++
    else if (code === refusal.tooOld) this.tooOld[kind]++
  }
}
