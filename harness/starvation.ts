import type { OpSink } from '../history/recorder.ts'

const intervalMs = 100
/** Later than this, and a missed deadline says more about the machine than about a broker. */
const lateMs = 1000

/**
 * Writes `{process:'harness', f:'starved', value:{lateMs}}` whenever this process did not get the CPU when it was due:
 * what did not happen in time then is not held against the brokers. Returns how to stop.
 */
export function watchStarvation(recorder: OpSink): () => void {
  let dueMs = performance.now() + intervalMs
  const timer = setInterval(() => {
    const late = performance.now() - dueMs
    dueMs = performance.now() + intervalMs
    if (late > lateMs) {
      recorder.record({ process: 'harness', type: 'info', f: 'starved', value: { lateMs: Math.round(late) } })
    }
  }, intervalMs)
  return () => clearInterval(timer)
}
