/**
 * Opening a log. After a clean stop its checkpoint says all; otherwise every byte is read again, and the log ends before
 * the first that is not a sound batch: right format, size and CRC, offsets and leader epochs ascending, each segment
 * starting where the one before ends. What lies beyond is removed, and what is kept is synced before it counts.
 */
import type { FileEntry } from '../../../ports/events.ts'
import type { DiskLoop } from '../../../ports/loop.ts'
import { batchCrcIsValid, type BatchHeader } from '../../../protocol/record-batch.ts'
import { cleanShutdownFile, restoreLog, type RestoredLog } from './clean-shutdown.ts'
import { removeFiles, retractFile, runTogether, stepDone, type Step, type StepDone } from './disk-steps.ts'
import { loadIndexes } from './index-files.ts'
import type { LogConfig } from './log-config.ts'
import { LogState } from './log-state.ts'
import { logStartFile, parseLogStart, renderLogStart, type LogStart } from './log-start.ts'
import { scanFile } from './scan-file.ts'
import { Segment } from './segment.ts'

export interface RecoveryReport {
  /** Bytes read and checked. */
  readonly scannedBytes: number
  /** Bytes given up, those of dropped segments among them. */
  readonly cutBytes: number
  readonly droppedSegments: number
  /** True when a checkpoint spared the reading. */
  readonly clean: boolean
}

export type LoadedLog =
  | { readonly ok: true; readonly restored: RestoredLog; readonly report: RecoveryReport }
  | { readonly ok: false; readonly reason: string }

interface LogFile extends FileEntry {
  readonly baseOffset: number
}

interface LoadOptions {
  readonly config: LogConfig
  readonly cleanShutdown: boolean
}

const logFileName = /\/(\d{20})\.log$/

export function loadLog(loop: DiskLoop, dir: string, options: LoadOptions, done: (loaded: LoadedLog) => void): void {
  loop.list(`${dir}/`, (result) => {
    if (!result.ok) return done({ ok: false, reason: `cannot list ${dir}: ${result.reason}` })
    const { files } = result
    const load = (start: LogStart): void => {
      new Loading({ loop, dir, config: options.config, files, start, done }).start(options.cleanShutdown)
    }
    const startFile = files.find(({ file }) => file === logStartFile(dir))
    if (startFile === undefined) return load({ baseOffset: 0, logStartOffset: 0 })
    loop.read(startFile.file, 0, startFile.sizeBytes, (read) => {
      const start = read.ok ? parseLogStart(read.bytes) : undefined
      if (start !== undefined) load(start)
      else done({ ok: false, reason: `cannot read ${startFile.file}: ${read.ok ? 'no offset in it' : read.reason}` })
    })
  })
}

interface LoadingOptions {
  readonly loop: DiskLoop
  readonly dir: string
  readonly config: LogConfig
  readonly files: readonly FileEntry[]
  readonly start: LogStart
  readonly done: (loaded: LoadedLog) => void
}

class Loading {
  readonly #options: LoadingOptions
  readonly #logFiles: readonly LogFile[]
  readonly #checkpoint: FileEntry | undefined
  readonly #state: LogState
  #scannedBytes = 0

  constructor(options: LoadingOptions) {
    const { loop, dir, config, files, start } = options
    this.#options = options
    this.#logFiles = files.flatMap((entry) => {
      const baseOffset = logFileName.exec(entry.file.slice(dir.length))?.[1]
      return baseOffset === undefined ? [] : [{ ...entry, baseOffset: Number(baseOffset) }]
    })
    this.#checkpoint = files.find(({ file }) => file === cleanShutdownFile(dir))
    this.#state = new LogState(dir, config, { baseOffset: start.baseOffset, wallNow: () => loop.ports.clock.wallNow() })
  }

  start(cleanShutdown: boolean): void {
    const { loop } = this.#options
    const checkpoint = this.#checkpoint
    if (checkpoint === undefined) return this.#scanAll()
    loop.read(checkpoint.file, 0, checkpoint.sizeBytes, (read) => {
      retractFile(loop, checkpoint.file)((retracted) => {
        if (!retracted.ok) return this.#fail(retracted.reason)
        const restored = cleanShutdown && read.ok ? this.#restore(read.bytes) : undefined
        if (restored === undefined) this.#scanAll()
        else this.#loadActiveIndexes(restored)
      })
    })
  }

  #fail(reason: string): void {
    this.#options.done({ ok: false, reason })
  }

  #restore(checkpoint: Uint8Array): RestoredLog | undefined {
    const { dir, config, loop } = this.#options
    return restoreLog(dir, config, { checkpoint, logFiles: this.#logFiles, wallNow: () => loop.ports.clock.wallNow() })
  }

  #loadActiveIndexes(restored: RestoredLog): void {
    const { loop, config, done } = this.#options
    const { active } = restored.state
    loadIndexes(loop, active, config.indexIntervalBytes, (loaded) => {
      if (!loaded.ok) return this.#fail(loaded.reason)
      active.indexes = loaded.indexes
      done({ ok: true, restored, report: { scannedBytes: 0, cutBytes: 0, droppedSegments: 0, clean: true } })
    })
  }

  #scanAll(): void {
    const first = this.#logFiles.findIndex(({ baseOffset }) => baseOffset === this.#options.start.baseOffset)
    if (first < 0) this.#finish([], undefined)
    else this.#scan(first, [])
  }

  /** Scans the segment file at `index`, and the later ones; `kept` are sound, and where the one before it ends. */
  #scan(index: number, kept: readonly LogFile[]): void {
    const { loop } = this.#options
    const entry = this.#logFiles[index]
    if (entry === undefined || entry.baseOffset !== this.#state.endOffset) return this.#finish(kept, undefined)
    if (kept.length > 0) this.#state.roll(loop.ports.clock.wallNow())
    const visit = (header: BatchHeader, bytes: Uint8Array, at: number): boolean => this.#accept(header, bytes, at)
    scanFile(loop, entry, visit, (result) => {
      if (!result.ok) return this.#fail(result.reason)
      this.#scannedBytes += entry.sizeBytes
      if (result.endPosition < entry.sizeBytes) this.#finish([...kept, entry], entry)
      else this.#scan(index + 1, [...kept, entry])
    })
  }

  #accept(header: BatchHeader, bytes: Uint8Array, at: number): boolean {
    const state = this.#state
    const isSound =
      header.baseOffset >= state.endOffset &&
      header.lastOffsetDelta >= 0 &&
      header.partitionLeaderEpoch >= state.epochs.latest &&
      batchCrcIsValid(bytes, at, header.sizeBytes)
    if (isSound) state.add(header, bytes, at)
    return isSound
  }

  /** Removes the files that are not `kept`, cuts `torn` where the log now ends, and syncs what is kept. */
  #finish(kept: readonly LogFile[], torn: LogFile | undefined): void {
    const { start, loop, done } = this.#options
    const state = this.#state
    if (state.endOffset < start.logStartOffset) return this.#startOver()
    state.epochs.truncateFromStart(start.logStartOffset)
    const dropped = this.#logFiles.filter((entry) => !kept.includes(entry))
    const steps: Step[] = [this.#removal(dropped)]
    const { sizeBytes } = state.active
    if (torn !== undefined) steps.push((ended) => loop.truncate(torn.file, sizeBytes, stepDone(`truncate ${torn.file}`, ended)))
    const report = this.#report(dropped, torn === undefined ? 0 : torn.sizeBytes - sizeBytes)
    runTogether(steps, (result) => {
      if (!result.ok) return this.#fail(result.reason)
      const restored = { state, logStartOffset: start.logStartOffset }
      this.#sync(kept, 0, (synced) => done(synced.ok ? { ok: true, restored, report } : synced))
    })
  }

  /** What is left ends before the log starts, so nothing of it belongs to the log: it begins empty where it starts. */
  #startOver(): void {
    const { start, dir, loop, done } = this.#options
    const { logStartOffset } = start
    const state = this.#state
    state.reset(logStartOffset, loop.ports.clock.wallNow())
    const report = this.#report(this.#logFiles, 0)
    this.#removal(this.#logFiles)((removed) => {
      if (!removed.ok) return this.#fail(removed.reason)
      const bytes = renderLogStart({ baseOffset: logStartOffset, logStartOffset })
      loop.replace(logStartFile(dir), bytes, stepDone('write where the log starts', (written) => {
        done(written.ok ? { ok: true, restored: { state, logStartOffset }, report } : written)
      }))
    })
  }

  #removal(dropped: readonly LogFile[]): Step {
    const { dir, loop } = this.#options
    const files = dropped.flatMap(({ file, baseOffset }) => [file, ...new Segment(dir, baseOffset, 0).indexFiles])
    return (ended) => removeFiles(loop, files, ended)
  }

  /** What begins below the log's first segment was given up long ago. */
  #report(dropped: readonly LogFile[], tornBytes: number): RecoveryReport {
    const lost = dropped.filter(({ baseOffset }) => baseOffset >= this.#options.start.baseOffset)
    const cutBytes = lost.reduce((sum, { sizeBytes }) => sum + sizeBytes, tornBytes)
    return { scannedBytes: this.#scannedBytes, cutBytes, droppedSegments: dropped.length, clean: false }
  }

  /** Oldest first: a loss of power meanwhile must not leave a segment without the one before it. */
  #sync(kept: readonly LogFile[], index: number, done: StepDone): void {
    const file = kept[index]?.file
    if (file === undefined) return done({ ok: true })
    const synced: StepDone = (result) => {
      if (result.ok) this.#sync(kept, index + 1, done)
      else done(result)
    }
    this.#options.loop.sync(file, stepDone(`sync ${file}`, synced))
  }
}
