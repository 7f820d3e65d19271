/** The proxy process, as the harness has it: started, told what to do, ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { ProxyAnswer, ProxyAnswers, ProxyCommand } from './messages.ts'

type Answer = ProxyAnswers[ProxyCommand['do']]

export class ProxyProcess {
  readonly #child: ChildProcess
  readonly #waiting: ((answer: Answer) => void)[] = []
  #isEnding = false

  constructor([program, ...argv]: readonly string[]) {
    // A process group of its own, as the brokers have: Ctrl-C in a terminal reaches the harness alone.
    this.#child = spawn(program!, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true })
    this.#child.on('message', ({ answer }: ProxyAnswer) => this.#waiting.shift()?.(answer))
    this.#child.once('exit', (code, signal) => {
      if (!this.#isEnding) throw new Error(`the fault proxy ended with ${signal ?? code}`)
    })
  }

  /** Commands are obeyed and answered in order; none once it is to end. */
  tell<C extends ProxyCommand>(command: C, done: (answer: ProxyAnswers[C['do']]) => void): void {
    if (this.#isEnding) return
    this.#waiting.push(done as (answer: Answer) => void)
    this.#child.send(command)
  }

  ask<C extends ProxyCommand>(command: C): Promise<ProxyAnswers[C['do']]> {
    return new Promise((done) => this.tell(command, done))
  }

  /** With every connection that goes through it. */
  end(): Promise<void> {
    this.#isEnding = true
    return new Promise((done) => {
      this.#child.once('exit', () => done())
      this.#child.disconnect()
    })
  }
}
