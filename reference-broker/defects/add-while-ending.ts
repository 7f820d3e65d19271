import type { Defect } from './defect.ts'

export const addWhileEnding: Defect = {
  describes: 'Adds partitions to a transaction whose outcome is decided already, so that its markers do not go there.',
  imitates: 'KAFKA-18227: a partition was put into the transaction before its own, whose markers were on their way.',
  anomalies: ['torn-transaction', 'stuck-transaction', 'lost-write'],
  race: 'write-while-ending',
  decisions: { mayAddPartitions: () => true },
}
