import type { Fault } from './fault.ts'
import { kill } from './kill.ts'
import { pause } from './pause.ts'

/** Every fault, by name. */
export const faults: Readonly<Record<string, Fault>> = { kill, pause }
