import type { Defect } from './defect.ts'

export const shareOffsets: Defect = {
  describes: 'Groups of one coordinator whose names differ behind the last hyphen only have one set of offsets.',
  imitates: 'typelevel/fs2-kafka #148, before which offsets of several groups could be committed as those of one.',
  anomalies: ['group-crosstalk'],
  scenario: 'group-churn',
  decisions: { offsetsName: (group) => group.replace(/-\w+$/, '') },
}
