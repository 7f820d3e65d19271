/**
 * A script is a generator: what it yields is waited for, then it goes on where it was. So it reads from top to bottom, and runs
 * on callbacks alone, in virtual time as in real time.
 */
export type Wait = (resume: () => void) => void
export type Play<T = void> = Generator<Wait, T, void>

export type Performed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/** `done` is called once, when the play has ended or thrown; never when something it waits for never comes. */
export function perform<T>(play: Play<T>, done: (performed: Performed<T>) => void): void {
  const goOn = (): void => {
    let failure: { readonly error: unknown } | undefined
    try {
      for (;;) {
        const next: IteratorResult<Wait, T> = failure === undefined ? play.next() : play.throw(failure.error)
        if (next.done === true) return done({ ok: true, value: next.value })
        failure = undefined
        try {
          if (!resumedAtOnce(next.value, goOn)) return undefined
        } catch (error) {
          // What cannot even be asked for is the script's to deal with.
          failure = { error }
        }
      }
    } catch (error) {
      return done({ ok: false, error })
    }
  }
  goOn()
}

function resumedAtOnce(wait: Wait, later: () => void): boolean {
  let isInside = true
  let isResumed = false
  wait(() => {
    if (isInside) isResumed = true
    else later()
  })
  isInside = false
  return isResumed
}

/** What something that ends in a callback told it. */
export function* told<T>(ask: (done: (value: T) => void) => void): Play<T> {
  let answer: { readonly value: T } | undefined
  yield (resume) => ask((value) => {
    answer = { value }
    resume()
  })
  return answer!.value
}
