/**
 * Planted bugs: each overrides one decision of the core with a mistake that real brokers have made. They prove that the
 * checkers can speak. Loaded by the simulator and by test builds only; the image and the package do not have them.
 */
import { soundDecisions, type Decisions } from '../core/decisions.ts'
import { acknowledgeBeforeReplication } from './acknowledge-before-replication.ts'
import { electOutsideInSync } from './elect-outside-in-sync.ts'
import { forgetSequencesOnRestart } from './forget-sequences-on-restart.ts'
import type { Defect } from './defect.ts'

export const defects: Readonly<Record<string, Defect>> = {
  'acknowledge-before-replication': acknowledgeBeforeReplication,
  'elect-outside-in-sync': electOutsideInSync,
  'forget-sequences-on-restart': forgetSequencesOnRestart,
}

export function withDefect(name: string): Decisions {
  const defect = defects[name]
  if (defect === undefined) throw new Error(`there is no defect ${name}`)
  return { ...soundDecisions, ...defect.decisions }
}
