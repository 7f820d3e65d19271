import { soundDecisions } from '../core/decisions.ts'
import type { Defect } from './defect.ts'

export const showLastStableOffset: Defect = {
  describes: 'Takes the last stable offset for the last that readers of committed records may see.',
  imitates: 'Redpanda #3036: the offset was used as an inclusive bound.',
  anomalies: ['precommitted-read'],
  race: 'lso-is-exclusive',
  decisions: {
    lastStableOffset: (view) => Math.min(view.highWatermark, soundDecisions.lastStableOffset(view) + 1),
  },
}
