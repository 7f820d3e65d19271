/** Several disk calls as one. */
import type { DiskCallback, DiskLoop } from '../../../ports/loop.ts'

export type StepResult = { readonly ok: true } | { readonly ok: false; readonly reason: string }
export type StepDone = (result: StepResult) => void
export type Step = (done: StepDone) => void

const fine: StepResult = { ok: true }

/** The answer of a call whose content does not matter, with a failure saying what was tried. */
export function stepDone(tried: string, done: StepDone): DiskCallback {
  return (result) => done(result.ok ? fine : { ok: false, reason: `cannot ${tried}: ${result.reason}` })
}

/** Starts all `steps` at once, in order. `done` gets the first failure, or success when all have ended well. */
export function runTogether(steps: readonly Step[], done: StepDone): void {
  let left = steps.length
  let failed = false
  if (left === 0) return done(fine)
  const stepEnded: StepDone = (result) => {
    left--
    if (failed) return
    failed = !result.ok
    if (failed || left === 0) done(result)
  }
  for (const step of steps) step(stepEnded)
}

export function removeFiles(loop: DiskLoop, files: Iterable<string>, done: StepDone): void {
  const steps = Array.from(files, (file): Step => (ended) => loop.remove(file, stepDone(`remove ${file}`, ended)))
  runTogether(steps, done)
}

/**
 * Removes a small file so that a power loss does not bring its content back: only `replace` is durable, so it is emptied
 * first.
 */
export function retractFile(loop: DiskLoop, file: string): Step {
  return (done) => {
    const empty: Step = (ended) => loop.replace(file, new Uint8Array(0), stepDone(`empty ${file}`, ended))
    const remove: Step = (ended) => loop.remove(file, stepDone(`remove ${file}`, ended))
    runTogether([empty, remove], done)
  }
}

/** Makes `file` hold `bytes` and nothing else; without the atomicity of `replace`. */
export function rewriteFile(loop: DiskLoop, file: string, bytes: Uint8Array): Step {
  return (done) => {
    const remove: Step = (ended) => loop.remove(file, stepDone(`remove ${file}`, ended))
    const append: Step = (ended) => loop.append(file, bytes, stepDone(`write ${file}`, ended))
    runTogether(bytes.length > 0 ? [remove, append] : [remove], done)
  }
}
