/**
 * How far each log was committed, as of a few seconds ago: so that a broker that comes back alone can go on serving what
 * was readable before. Safety never rests on it; truncation goes by epoch. After a loss of power it is emptied: what it
 * speaks of may be lost, and something else may stand there.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { Partition } from './partition.ts'

const file = 'replication-offset-checkpoint'
const version = '0'

export class HighWatermarkCheckpoint {
  readonly #loop: DiskLoop
  readonly #read = new Map<string, number>()
  #written = ''

  constructor(loop: DiskLoop) {
    this.#loop = loop
  }

  /** A missing or unreadable file is an empty one. */
  load(done: () => void): void {
    this.#loop.read(file, 0, 16 * 1024 * 1024, (result) => {
      const lines = result.ok ? new TextDecoder().decode(result.bytes).trimEnd().split('\n') : []
      if (lines[0] === version) {
        for (const line of lines.slice(1)) {
          const space = line.lastIndexOf(' ')
          const offset = Number(line.slice(space + 1))
          if (Number.isSafeInteger(offset)) this.#read.set(line.slice(0, space), offset)
        }
      }
      done()
    })
  }

  /** 0 when nothing is known. */
  get(dir: string): number {
    return this.#read.get(dir) ?? 0
  }

  store(partitions: Iterable<Partition>, done: (failure: string | undefined) => void): void {
    const lines = [version]
    for (const { log, highWatermark } of partitions) lines.push(`${log.dir} ${highWatermark}`)
    const text = `${lines.join('\n')}\n`
    if (text === this.#written) return done(undefined)
    this.#written = text
    this.#loop.replace(file, new TextEncoder().encode(text), (result) => done(result.ok ? undefined : result.reason))
  }
}
