/** Fills the disks of brokers, and makes room again: see stopped-by-disk.ts for how it is shown. */
import { canFillDisk } from './control.ts'
import { forAll, type Fault } from './fault.ts'
import { mendDisk, oneBrokerAims, stopByDisk } from './stopped-by-disk.ts'

const noSpace = { state: 'full', errorName: 'ENOSPC' } as const

export const diskFull: Fault = {
  name: 'disk-full',
  describes: 'Fills the disk of a broker until it stops, then makes room and starts it again.',
  isAvailable: canFillDisk,
  needsWrites: true,
  aims: oneBrokerAims,
  inject: (context, targets, done) => forAll(targets, (id, one) => stopByDisk(context, id, noSpace, one), done),
  heal: (context, targets, done) => forAll(targets, (id, one) => mendDisk(context, id, one), done),
}
