import type { Defect } from './defect.ts'

export const takeAnyMarker: Defect = {
  describes: 'A leader takes markers of any epoch and of any coordinator.',
  imitates: 'KIP-1228: leaders could not tell late markers, and ended the transaction after the one they were for.',
  anomalies: ['zombie-write', 'G1a'],
  race: 'late-marker',
  decisions: { classifyMarker: () => 'NONE' },
}
