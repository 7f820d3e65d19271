/** What scripts convict of by themselves, from answers alone; where a checker finds the same in a history, it has the same name. */
export const wireAnomalies: Readonly<Record<string, string>> = {
  'zombie-write': 'A request of a transaction that is over, or of a producer that is fenced, took effect.',
  'stuck-transaction': 'A transaction never ends: its coordinator does not finish it, or readers of committed records cannot pass it.',
  'wrong-answer': 'A request was answered otherwise than Kafka\'s protocol has it, so that a client must draw the wrong conclusion.',
  duplicate: 'A batch that was there already was appended again.',
  G1a: 'A reader of committed records was given one that was aborted.',
  'precommitted-read': 'A reader of committed records was given one of a transaction that is still open.',
  'torn-transaction': 'Of a transaction part took effect and part did not.',
  'lost-write': 'A record that was acknowledged is not there.',
  'exactly-once-violation': 'Offsets counted although their transaction did not, or the other way about.',
  'inconsistent-offsets': 'A record is at another offset than was answered.',
}
