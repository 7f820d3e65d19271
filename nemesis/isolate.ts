/** Cuts a broker off from all other brokers; clients still reach it, and it may still believe that it leads. */
import { cutFault } from './cut.ts'
import type { Fault } from './fault.ts'
import { linksBetween } from './links.ts'

export const isolate: Fault = cutFault({
  name: 'isolate',
  describes: 'Cuts a broker off from all other brokers, in both directions.',
  aims: ['leader', 'controller', 'in-sync-follower', 'last-in-sync', 'one'],
  links: (targets, brokerIds) => linksBetween(targets, brokerIds.filter((id) => !targets.includes(id))),
})
