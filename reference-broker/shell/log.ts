/**
 * The log of a process: one JSON object a line on stderr, written before the call returns so that a crash
 * loses none.
 */
import { destination, pino, stdTimeFunctions, type Logger as Pino } from 'pino'
import type { LogLevel } from '../core/logger.ts'

export function openLog(level: LogLevel, nodeId: number): Pino {
  return pino(
    {
      level,
      base: { node: nodeId },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  )
}
