/** Docker Compose, whichever there is: version 2 is a part of docker, version 1 a program of its own. */
import { spawn } from 'node:child_process'
import { exitCodes, UserError } from '../exit-codes.ts'

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** With what its command line begins. */
export type ComposeCommand = readonly string[]

const candidates: readonly ComposeCommand[] = [['docker', 'compose'], ['docker-compose']]

/** Throws a UserError, exit code 2. */
export async function findCompose(): Promise<ComposeCommand> {
  for (const command of candidates) {
    if ((await run(command, ['version'])).code === 0) return command
  }
  throw new UserError('--compose needs Docker Compose, and neither docker compose nor docker-compose is installed here.', exitCodes.unknown)
}

export function run([program, ...first]: ComposeCommand, argv: readonly string[]): Promise<Said> {
  return new Promise((done) => {
    const child = spawn(program!, [...first, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (bytes: Buffer) => (said.stdout += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (said.stderr += bytes.toString()))
    child.once('error', (error) => done({ code: 127, stdout: '', stderr: error.message }))
    child.once('close', (code) => done({ code: code ?? 1, ...said }))
  })
}

/** What version 1 ends with, whatever went wrong. */
const saysNothing = /^Encountered errors while bringing up the project/

/** The last thing it said, which is what went wrong. */
export function lastLine({ stderr, stdout }: Said): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !saysNothing.test(line))
  const line = lines.findLast((each) => /error|cannot|failed|no such|invalid|unsupported/i.test(each)) ?? lines.at(-1) ?? 'no reason was given'
  return line.replace(/^ERROR: (for \S+ +)?/, '').replace(/[.]$/, '')
}
