/** What scripts convict of by themselves, from answers alone; where a checker finds the same in a history, it has the same name. */
export interface WireAnomaly {
  readonly says: string
  /** Ids of the promises it breaks (checkers/guarantees.ts). */
  readonly guarantees: readonly string[]
}

export const wireAnomalies: Readonly<Record<string, WireAnomaly>> = {
  'zombie-write': { says: 'A request of a transaction that is over, or of a producer that is fenced, took effect.', guarantees: ['TXN-3'] },
  'stuck-transaction': {
    says: 'A transaction never ends: its coordinator does not finish it, or readers of committed records cannot pass it.',
    guarantees: ['TXN-5'],
  },
  'wrong-answer': {
    says: 'A request was answered otherwise than Kafka\'s protocol has it, so that a client must draw the wrong conclusion.',
    guarantees: ['TXN-1'],
  },
  duplicate: { says: 'A batch that was there already was appended again.', guarantees: ['PRO-1'] },
  G1a: { says: 'A reader of committed records was given one that was aborted.', guarantees: ['TXN-4'] },
  'precommitted-read': { says: 'A reader of committed records was given one of a transaction that is still open.', guarantees: ['TXN-4'] },
  'torn-transaction': { says: 'Of a transaction part took effect and part did not.', guarantees: ['TXN-1', 'TXN-6'] },
  'lost-write': { says: 'A record that was acknowledged is not there.', guarantees: ['DUR-1'] },
  'exactly-once-violation': { says: 'Offsets counted although their transaction did not, or the other way about.', guarantees: ['TXN-2'] },
}
