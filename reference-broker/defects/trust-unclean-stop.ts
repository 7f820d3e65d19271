import type { Defect } from './defect.ts'

export const trustUncleanStop: Defect = {
  describes: 'Believes a broker that comes back from a power loss to have everything it had.',
  imitates: 'KIP-966, the last replica standing: a leader alone in the in-sync set lost its unsynced tail, was elected again, and the others truncated to it.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { isUncleanStop: () => false },
}
