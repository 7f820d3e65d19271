/** The assignors of classic groups, by the name members ask for. */
import type { ClassicAssignor } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { roundRobinAssignor } from './round-robin-assignor.ts'
import { cooperativeStickyAssignor, stickyAssignor } from './sticky-assignor.ts'

export const classicAssignors: Readonly<Record<string, ClassicAssignor>> = Object.fromEntries(
  [rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor].map((assignor) => [assignor.name, assignor]),
)

/** A programmer error when there is none of that name. */
export function classicAssignor(name: string): ClassicAssignor {
  const assignor = classicAssignors[name]
  if (assignor === undefined) throw new Error(`no assignor is called ${name}`)
  return assignor
}
