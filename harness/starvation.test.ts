import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StarvedBrokers } from './starvation.ts'
import { parseThreadTime, readThreadTimes, type ThreadTime } from './thread-times.ts'

type Threads = ReadonlyMap<number, ThreadTime>

/** What is told at the second of two looks at broker 7, which runs as process 70. */
function secondLook(before: Threads, after: Threads): unknown[] {
  const brokers = new StarvedBrokers()
  const pids = new Map([[7, 70]])
  expect(brokers.look(pids, () => before)).toEqual([])
  return brokers.look(pids, () => after)
}

function threads(...times: readonly (readonly [ranMs: number, waitedMs: number])[]): Threads {
  return new Map(times.map(([ranMs, waitedMs], at) => [at, { ranMs, waitedMs }]))
}

test('a broker whose threads wait three times as long as they run is starved', () => {
  expect(secondLook(threads([5000, 90_000], [0, 0]), threads([5200, 90_700], [100, 800])))
    .toEqual([{ broker: 7, ranMs: 300, waitedMs: 1500 }])
})

test('a broker is not starved by what it waited before the first look, nor by less than a second', () => {
  expect(secondLook(threads([10, 90_000]), threads([20, 90_999]))).toEqual([])
})

test('a broker that runs for a third of what it waits or more is busy, and not starved', () => {
  fc.assert(fc.property(fc.nat(10_000), fc.nat(3000), fc.nat(90_000), (ranMs, share, before) => {
    const waitedMs = (ranMs * share) / 1001
    expect(secondLook(threads([before, before]), threads([before + ranMs, before + waitedMs]))).toEqual([])
  }))
})

test('a thread that ended takes nothing away, and one that is new counts whole', () => {
  const before: Threads = new Map([[1, { ranMs: 50_000, waitedMs: 50_000 }]])
  const after: Threads = new Map([[2, { ranMs: 100, waitedMs: 2000 }]])
  expect(secondLook(before, after)).toEqual([{ broker: 7, ranMs: 100, waitedMs: 2000 }])
})

test('another process of the same broker begins anew', () => {
  const brokers = new StarvedBrokers()
  brokers.look(new Map([[7, 70]]), () => threads([0, 0]))
  expect(brokers.look(new Map([[7, 71]]), () => threads([0, 90_000]))).toEqual([])
  expect(brokers.look(new Map([[7, 71]]), () => threads([0, 91_500]))).toEqual([{ broker: 7, ranMs: 0, waitedMs: 1500 }])
})

test('the count of the kernel is in nanoseconds', () => {
  expect(parseThreadTime('305736000 6498041000 2\n')).toEqual({ ranMs: 305.736, waitedMs: 6498.041 })
})

test.runIf(process.platform === 'linux')('threads of this process have run, and those of no process are none', () => {
  const own = [...readThreadTimes(process.pid).values()]
  expect(own.some(({ ranMs }) => ranMs > 0)).toBe(true)
  expect(own.every(({ ranMs, waitedMs }) => ranMs >= 0 && waitedMs >= 0)).toBe(true)
  expect(readThreadTimes(2 ** 22 + 1)).toEqual(new Map())
})
