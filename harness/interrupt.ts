/**
 * Ctrl-C (or a closed terminal) once: heal, stop, keep the history and judge it. Twice: end at once. The signal is aborted
 * at the first.
 */
/** npm passes on to its script the signal that the terminal has sent to both: that is still once. */
const onceMs = 250
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function onInterrupt(print: (text: string) => void): { readonly signal: AbortSignal; readonly restore: () => void } {
  const controller = new AbortController()
  let firstMs = 0
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs > onceMs) process.exit(130)
      return
    }
    firstMs = performance.now()
    print('\nstopping: healing, then judging what there is (again to end at once)\n')
    controller.abort()
  }
  for (const name of signals) process.on(name, interrupt)
  return {
    signal: controller.signal,
    restore: () => {
      for (const name of signals) process.off(name, interrupt)
    },
  }
}

/** For what is only measured: ends at once, and with it the brokers that were started for it. */
export function endOnInterrupt(): void {
  for (const name of signals) process.once(name, () => process.exit(130))
}
