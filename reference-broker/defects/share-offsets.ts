import type { Defect } from './defect.ts'

export const shareOffsets: Defect = {
  describes: 'Groups of one coordinator whose names differ behind the last hyphen only have one set of offsets.',
  imitates: 'no bug that was published: what a cache makes whose keys are cut short.',
  anomalies: ['group-crosstalk'],
  scenario: 'group-churn',
  decisions: { offsetsName: (group) => group.replace(/-\w+$/, '') },
}
