/** What the rate does over the time of a run, for k6 and for our own generator alike: shares of the rate and of the time. */
export interface Shape {
  readonly startShare: number
  /** From the share before to this one, within this part of the time. */
  readonly stages: readonly { readonly rateShare: number; readonly timeShare: number }[]
}

export type ShapeName = 'steady' | 'ramp' | 'spike' | 'soak' | 'breakpoint'

const low = 1 / 3
const soaking = 2 / 3

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  steady: { startShare: 1, stages: [{ rateShare: 1, timeShare: 1 }] },
  ramp: { startShare: 0.1, stages: [{ rateShare: 1, timeShare: 0.6 }, { rateShare: 1, timeShare: 0.4 }] },
  spike: {
    startShare: low,
    stages: [
      { rateShare: low, timeShare: 0.4 }, { rateShare: 1, timeShare: 0.02 }, { rateShare: 1, timeShare: 0.16 }, { rateShare: low, timeShare: 0.02 },
      { rateShare: low, timeShare: 0.4 },
    ],
  },
  soak: { startShare: soaking, stages: [{ rateShare: soaking, timeShare: 1 }] },
  breakpoint: { startShare: 0, stages: [{ rateShare: 1, timeShare: 1 }] },
}
