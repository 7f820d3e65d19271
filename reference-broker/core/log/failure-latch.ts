/** A disk that failed once is not asked again: the first failure is told, and after it nobody is answered any more. */
export class FailureLatch {
  failed = false
  readonly #tell: (reason: string) => void

  constructor(tell: (reason: string) => void) {
    this.#tell = tell
  }

  fail(reason: string): void {
    if (this.failed) return
    this.failed = true
    this.#tell(reason)
  }

  /** True when the result is good and nothing failed before it. */
  passes(result: { readonly ok: true } | { readonly ok: false; readonly reason: string }): boolean {
    if (!result.ok) this.fail(result.reason)
    return !this.failed
  }
}
