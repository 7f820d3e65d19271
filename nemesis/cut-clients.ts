/** Cuts the clients off from brokers that are well among themselves: what they send, what they would hear, or both. */
import { randomPick } from '../ports/random.ts'
import { cutFault } from './cut.ts'
import type { Fault } from './fault.ts'
import type { Link } from './links.ts'

export const cutClients: Fault = cutFault({
  name: 'cut-clients',
  describes: 'Cuts the clients off from brokers, in one direction or both.',
  aims: ['leader', 'controller', 'one', 'majority', 'all'],
  links: (targets, _brokerIds, random) =>
    targets.flatMap((id): readonly Link[] => {
      const there: Link = { from: 'clients', to: id }
      const back: Link = { from: id, to: 'clients' }
      return randomPick(random, [[there], [back], [there, back]])
    }),
})
