#!/usr/bin/env node
/** The command line. Every refusal is one sentence on stderr and an exit code; a stack trace is a bug of ours. */
import { Command, CommanderError } from 'commander'
import { tribunalVersion } from './checkout.ts'
import { addBench } from './commands/bench.ts'
import { addBroker } from './commands/broker.ts'
import { addCheck } from './commands/check.ts'
import { addCompare } from './commands/compare.ts'
import { addConformance } from './commands/conformance.ts'
import { addGateway } from './commands/gateway.ts'
import { addList } from './commands/list.ts'
import { addLoad } from './commands/load.ts'
import { addMatrix } from './commands/matrix.ts'
import { addReplay } from './commands/replay.ts'
import { addReport } from './commands/report.ts'
import { addSize } from './commands/size.ts'
import { addVerify } from './commands/verify.ts'
import { exitCodes, UserError } from './exit-codes.ts'

const program = new Command('tribunal')
  .description('Puts a Kafka-API broker on trial: real traffic, real faults, a recorded history, a verdict.')
  .version(tribunalVersion())
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(refusal(text, 'tribunal')) })
  .addHelpText('after', '\nExit codes: 0 valid, 1 invalid, 2 unknown or nothing could be judged, 64 wrong usage, 70 crash, 130 ended at once by a second Ctrl-C.')

for (const add of [addVerify, addCheck, addReplay, addReport, addConformance, addCompare, addLoad, addSize, addGateway, addBench, addMatrix, addList, addBroker]) add(program)
for (const command of program.commands) {
  const name = `tribunal ${command.name()}`
  command.exitOverride().configureOutput({ outputError: (text, write) => write(refusal(text, name)) })
}

// A reader that has enough (head, a closed terminal) is no reason to fail.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new UserError(`Tribunal runs on Linux, and without containers on macOS; this is ${process.platform}.`)
  }
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

/** Commander's words as one sentence, with the way out where they do not name one. */
function refusal(text: string, command: string): string {
  const sentence = text.replace(/^error: /, '').replaceAll(/\n(?=\()/g, ' ').trimEnd()
  return sentence.endsWith('.') ? `${sentence}\n` : `${sentence}; see ${command} --help.\n`
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`Tribunal itself failed; this is a bug of ours:\n${message}\n`)
  return exitCodes.crash
}
