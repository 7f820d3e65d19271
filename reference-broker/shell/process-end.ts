/**
 * The ways a broker process ends: asked by a signal, unable to go on, or crashed. Each is one sentence on
 * stderr at most and one exit code; a stack trace only goes to the log.
 */
import type { Logger as Pino } from 'pino'
import { exitCodes } from './exit-codes.ts'

/** How long a broker may take to hand over its partitions before it is ended all the same. */
const shutDownLimitMs = 30_000

/** Sentences quote settings as they were found; the usage has lines of its own. */
const controls = /[^\P{Cc}\n]+/gu

/** The first signal asks the broker to hand over and stop; the second one, or half a minute, ends it. */
export function stopOnSignals(log: Pino, stop: (done: () => void) => void): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) return exitWith(exitCodes.failed, [`Stopped at once by a second ${signal}.`])
    stopping = true
    log.info({ signal }, 'shutting down')
    setTimeout(() => {
      exitWith(exitCodes.failed, [
        `Stopped at once: shutting down took more than ${shutDownLimitMs / 1000} s.`,
      ])
    }, shutDownLimitMs)
    stop(() => process.exit(exitCodes.stopped))
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

/** A mistake of ours ends the process; a reader of stdout or stderr that has gone away does not. */
export function reportCrashes(log: Pino): void {
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  const crash = (error: unknown): void => {
    log.fatal({ err: error }, 'crashed')
    const what = error instanceof Error ? error.message : String(error)
    exitWith(exitCodes.crashed, [`The broker has crashed: ${what.split('\n', 1)[0]}`])
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}

/** Ends the process now; what holds the data directory lets go of it on the way. */
export function exitWith(code: number, sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${sentence.replaceAll(controls, '\uFFFD')}\n`)
  process.exit(code)
}
