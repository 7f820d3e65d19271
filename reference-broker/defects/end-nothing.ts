import type { Defect } from './defect.ts'

export const endNothing: Defect = {
  describes: 'Answers an abort of a transaction that has not begun as if it had been one.',
  imitates: 'franz-go #729, where an abort was taken for done that had overtaken the beginning of its transaction.',
  anomalies: ['wrong-answer'],
  race: 'end-overtakes-add',
  decisions: { mayEndNothing: () => true },
}
