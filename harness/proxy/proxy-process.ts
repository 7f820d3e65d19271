/** The proxy process, as the harness has it: started, told what to do, ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { ProxyAnswer, ProxyAnswers, ProxyCommand } from './messages.ts'

type Answer = ProxyAnswers[ProxyCommand['do']]

export class ProxyProcess {
  readonly #child: ChildProcess
  readonly #waiting: ((answer: Answer) => void)[] = []
  /** Resolves when it ends without having been told to: with how, in words. */
  readonly lost: Promise<string>
  #isEnding = false
  #isGone = false

  constructor([program, ...argv]: readonly string[]) {
    // A process group of its own, as the brokers have: Ctrl-C in a terminal reaches the harness alone.
    this.#child = spawn(program!, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true })
    this.#child.on('message', ({ answer }: ProxyAnswer) => this.#waiting.shift()?.(answer))
    this.lost = new Promise((resolve) => {
      const gone = (how: string): void => {
        this.#isGone = true
        if (!this.#isEnding) resolve(`the fault proxy ${how}`)
      }
      this.#child.once('error', ({ message }) => gone(`could not be started: ${message}`))
      this.#child.once('exit', (code, signal) => gone(signal === null ? `ended with code ${code}` : `was ended by ${signal}`))
    })
  }

  /** Commands are obeyed and answered in order; none once it is to end, or has. */
  tell<C extends ProxyCommand>(command: C, done: (answer: ProxyAnswers[C['do']]) => void): void {
    if (this.#isEnding || this.#isGone) return
    this.#waiting.push(done as (answer: Answer) => void)
    // What cannot be sent comes from its end, which is told by itself.
    this.#child.send(command, () => undefined)
  }

  /** Rejects with a UserError when it ends before it has answered. */
  ask<C extends ProxyCommand>(command: C): Promise<ProxyAnswers[C['do']]> {
    return new Promise((done, fail) => {
      void this.lost.then((how) => fail(new UserError(`Nothing can be tried: ${how}.`, exitCodes.unknown)))
      this.tell(command, done)
    })
  }

  /** With every connection that goes through it. */
  end(): Promise<void> {
    this.#isEnding = true
    if (this.#isGone) return Promise.resolve()
    return new Promise((done) => {
      this.#child.once('exit', () => done())
      this.#child.disconnect()
    })
  }
}
