import type { Defect } from './defect.ts'

export const neverFence: Defect = {
  describes: 'A coordinator takes requests in any epoch of a producer.',
  imitates: 'KIP-360 and KIP-447 name what fencing is for: an instance that was replaced committed beside its successor.',
  anomalies: ['zombie-write', 'G1a'],
  race: 'zombie-producer',
  decisions: { isFencedProducer: () => false },
}
