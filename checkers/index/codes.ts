/** Small integers that stand for words, in the columns of the index. */

/** How an op began or ended. */
export const invoked = 0
export const ok = 1
export const failed = 2
/** Also the outcome of an op that was never completed. */
export const unknown = 3

export const otherKind = 0
export const sendKind = 1
export const pollKind = 2
export const txnKind = 3
export const assignKind = 4
export const subscribeKind = 5
export const crashKind = 6

export const none = -1
