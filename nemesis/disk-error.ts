/**
 * Lets a write or a sync of brokers fail once, as a dying disk does: see stopped-by-disk.ts for how it is shown. After a
 * failed sync what was not synced may be gone, as after a loss of power.
 */
import { canBreakDisk } from './control.ts'
import { forAll, type Fault } from './fault.ts'
import { mendDisk, oneBrokerAims, stopByDisk } from './stopped-by-disk.ts'

const ioError = { state: 'failing', errorName: 'EIO' } as const

export const diskError: Fault = {
  name: 'disk-error',
  describes: 'Lets a write or a sync of a broker fail, and starts it again once it has stopped.',
  isAvailable: canBreakDisk,
  needsWrites: true,
  aims: oneBrokerAims,
  losesUnsynced: true,
  inject: (context, targets, done) => forAll(targets, (id, one) => stopByDisk(context, id, ioError, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => mendDisk(context, id, one), done),
}
