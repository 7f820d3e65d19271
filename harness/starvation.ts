/**
 * Whether the machine gave everybody the processor when it was due: this process by its own timer, brokers on this machine by
 * the kernel's count of how long their threads ran and how long they waited to. What did not happen in time where somebody was
 * starved is not held against the brokers.
 */
import type { OpSink } from '../history/recorder.ts'
import { readThreadTimes, type ThreadTime } from './thread-times.ts'

const intervalMs = 100
/** Later than this, and a missed deadline says more about the machine than about a broker. */
const lateMs = 1000

/** The process that each broker runs as, by node id; whose process is not on this machine is missing. */
export type BrokerPids = () => ReadonlyMap<number, number>

/**
 * Writes `{process:'harness', f:'starved', value:{lateMs}}` whenever this process, and `value:{broker, ranMs, waitedMs}` whenever
 * a broker did not get the processor when it was due. Returns how to stop.
 */
export function watchStarvation(recorder: OpSink, brokerPids: BrokerPids = () => new Map()): () => void {
  const tell = (value: Readonly<Record<string, number>>): void => {
    recorder.record({ process: 'harness', type: 'info', f: 'starved', value })
  }
  const brokers = new StarvedBrokers()
  let dueMs = performance.now() + intervalMs
  let ticks = 0
  const timer = setInterval(() => {
    const late = performance.now() - dueMs
    dueMs = performance.now() + intervalMs
    if (late > lateMs) tell({ lateMs: Math.round(late) })
    if (++ticks % ticksOfALook !== 0) return
    for (const starved of brokers.look(brokerPids(), readThreadTimes)) tell({ ...starved })
  }, intervalMs)
  return () => clearInterval(timer)
}

const ticksOfALook = 20
/** Between two looks; less is what any two threads cost each other. */
const waitedMinMs = 1000
/** To run takes this many times as long as alone, and one time more: longer than any bound of a trial allows for. */
const waitedTimesRan = 3

export interface StarvedBroker {
  readonly broker: number
  readonly ranMs: number
  readonly waitedMs: number
}

/** What brokers ran and waited from look to look, over all their threads. */
export class StarvedBrokers {
  #before = new Map<number, ReadonlyMap<number, ThreadTime>>()

  /** Of what happened since the last look; a process that was not there then begins with nothing. */
  look(pids: ReadonlyMap<number, number>, read: (pid: number) => ReadonlyMap<number, ThreadTime>): StarvedBroker[] {
    const before = this.#before
    this.#before = new Map([...pids.values()].map((pid) => [pid, read(pid)]))
    return [...pids].flatMap(([broker, pid]) => {
      const then = before.get(pid)
      const { ranMs, waitedMs } = then === undefined ? nothing : spent(then, this.#before.get(pid)!)
      const starved = waitedMs >= waitedMinMs && waitedMs >= waitedTimesRan * ranMs
      return starved ? [{ broker, ranMs: Math.round(ranMs), waitedMs: Math.round(waitedMs) }] : []
    })
  }
}

const nothing: ThreadTime = { ranMs: 0, waitedMs: 0 }

function spent(then: ReadonlyMap<number, ThreadTime>, now: ReadonlyMap<number, ThreadTime>): ThreadTime {
  let ranMs = 0
  let waitedMs = 0
  for (const [thread, time] of now) {
    const before = then.get(thread) ?? nothing
    ranMs += time.ranMs - before.ranMs
    waitedMs += time.waitedMs - before.waitedMs
  }
  return { ranMs, waitedMs }
}
