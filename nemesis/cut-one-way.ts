/** Cuts one direction between two brokers: the target sends to one other, or hears from it, in vain. */
import { randomChance, randomPick } from '../ports/random.ts'
import { cutFault } from './cut.ts'
import type { Fault } from './fault.ts'

export const cutOneWay: Fault = cutFault({
  name: 'cut-one-way',
  describes: 'Cuts one direction of the link between two brokers.',
  aims: ['leader', 'controller', 'in-sync-follower', 'one'],
  links: ([target], brokerIds, random) => {
    const others = brokerIds.filter((id) => id !== target)
    if (target === undefined || others.length === 0) return []
    const other = randomPick(random, others)
    return randomChance(random, 0.5) ? [{ from: target, to: other }] : [{ from: other, to: target }]
  },
})
