/**
 * What goes wrong with our own means in the middle of a run (a helper has died, the engine answers no more) is no effect of a
 * fault and no crash: the first such thing ends the run with its sentence, and whoever waits for an effect waits no longer.
 */
export class Trouble {
  /** Settles with the first, as a sentence. */
  readonly first: Promise<string>
  #tell!: (sentence: string) => void

  constructor() {
    this.first = new Promise((tell) => (this.#tell = tell))
  }

  tell(sentence: string): void {
    this.#tell(sentence)
  }

  /** Hands on what is awaited; what fails is told instead. */
  after<T>(awaited: Promise<T>, done: (value: T) => void): void {
    void awaited.then(done, (error: Error) => this.tell(oneSentence(error)))
  }
}

export function oneSentence({ message }: Error): string {
  return message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim().split('\n')[0]!.replace(/[.]$/, '')
}
