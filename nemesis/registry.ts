import { bridge } from './bridge.ts'
import { cutClients } from './cut-clients.ts'
import { cutOneWay } from './cut-one-way.ts'
import { clockDrift } from './clock-drift.ts'
import { clockJump } from './clock-jump.ts'
import { clockStrobe } from './clock-strobe.ts'
import { cpuSqueeze } from './cpu-squeeze.ts'
import { disconnect } from './disconnect.ts'
import { diskError } from './disk-error.ts'
import { diskFull } from './disk-full.ts'
import { diskSlow } from './disk-slow.ts'
import type { Fault } from './fault.ts'
import { halves } from './halves.ts'
import { isolate } from './isolate.ts'
import { kill } from './kill.ts'
import { memorySqueeze } from './memory-squeeze.ts'
import { packetDelay } from './packet-delay.ts'
import { packetLoss } from './packet-loss.ts'
import { pause } from './pause.ts'
import { powerLoss } from './power-loss.ts'
import { rollingRestart } from './rolling-restart.ts'

/** Every fault, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  kill,
  pause,
  [cutOneWay.name]: cutOneWay,
  isolate,
  halves,
  bridge,
  [cutClients.name]: cutClients,
  disconnect,
  [packetLoss.name]: packetLoss,
  [packetDelay.name]: packetDelay,
  [cpuSqueeze.name]: cpuSqueeze,
  [memorySqueeze.name]: memorySqueeze,
  [clockJump.name]: clockJump,
  [clockStrobe.name]: clockStrobe,
  [clockDrift.name]: clockDrift,
  [powerLoss.name]: powerLoss,
  [diskFull.name]: diskFull,
  [diskError.name]: diskError,
  [diskSlow.name]: diskSlow,
  [rollingRestart.name]: rollingRestart,
}

/** Faults that no other target has means for: packets and processors of real machines. */
export const onContainersOnly: ReadonlySet<Fault> = new Set([disconnect, packetLoss, packetDelay, cpuSqueeze, memorySqueeze])
