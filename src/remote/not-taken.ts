/** A series whose labels are not taken: its samples are skipped, the request is not. */
export const notTaken = 0xffffffff
