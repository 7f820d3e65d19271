/** What a coordinator decides about its log and a bug could get wrong: pure functions, part of the table in decisions.ts. */

export interface LoadView {
  readonly highWatermark: number
  readonly logEndOffset: number
}

export interface CoordinatorDecisions {
  /**
   * How much of its log a new coordinator folds in: all. A new leader's high watermark lags behind what was committed, and all
   * that it has will be.
   */
  coordinatorLoadEnd(view: LoadView): number
  /** Does an answer wait until the state it tells of is committed? */
  coordinatorWaits(): boolean
}

export const soundCoordinatorDecisions: CoordinatorDecisions = {
  coordinatorLoadEnd: ({ logEndOffset }) => logEndOffset,
  coordinatorWaits: () => true,
}
