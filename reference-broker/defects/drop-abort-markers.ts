import type { Defect } from './defect.ts'

export const dropAbortMarkers: Defect = {
  describes: 'Answers for the marker of an abort and does not write it.',
  imitates: 'Redpanda #3232 and #3247: transactions were left open on partitions, and readers of committed records stood still.',
  anomalies: ['stuck-transaction'],
  race: 'aborted-as-told',
  decisions: { markerToAppend: (committed) => (committed ? { committed } : undefined) },
}
