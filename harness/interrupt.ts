/**
 * Ctrl-C once: heal, stop, keep the history and judge it. Twice: end at once. The signal is aborted at the first.
 */
export function onInterrupt(print: (text: string) => void): { readonly signal: AbortSignal; readonly restore: () => void } {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130)
    print('\nstopping: healing, then judging what there is (again to end at once)\n')
    controller.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    restore: () => {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
