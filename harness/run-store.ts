/** The run directory: everything a run leaves behind, in the forms people and CI read. */
import { execFileSync } from 'node:child_process'
import { closeSync, createWriteStream, openSync, writeSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync, existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { checkers } from '../checkers/registry.ts'
import type { Verdict } from '../checkers/verdict.ts'
import { renderOp } from '../history/jsonl.ts'
import type { Recorder } from '../history/recorder.ts'
import type { Ops } from '../history/op.ts'
import { renderJunit } from '../reports/junit.ts'
import { renderReport, type RunFacts } from '../reports/html/report.ts'
import type { ScenarioHistory } from '../reports/scenario-history.ts'
import { renderSummary } from '../reports/summary.ts'
import { makeDirectories } from '../ports/node/make-directories.ts'
import { packageDirectory, root, tribunalVersion } from './checkout.ts'
import { coverageNames } from './coverage.ts'
import { exitCodes, UserError } from './exit-codes.ts'
import { loadAnomalies } from './load/load-anomalies.ts'

/** What the names in a report mean. */
const words = {
  anomalies: Object.fromEntries([...checkers, ...loadAnomalies].map(({ name, describes }) => [name, describes])),
  coverage: coverageNames,
}

/** Characters. */
const writtenAtOnce = 1 << 20

/** Of run.json and of the histories beside it. */
const formatVersion = 1

export class RunStore {
  readonly directory: string

  /** Makes the directory; throws the system's error when that is not possible. */
  constructor(directory: string) {
    this.directory = resolve(directory)
    makeDirectories(this.directory)
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts)
  }

  writeRun(facts: RunFacts): void {
    writeFileSync(this.path('run.json'), `${JSON.stringify({ formatVersion, ...facts }, null, 2)}\n`)
  }

  /** Writes ops as they are recorded, so that a history survives whatever comes later. Resolves when it is complete. */
  journal(name: string, recorder: Recorder): () => Promise<void> {
    const stream = createWriteStream(this.#historyFile(name))
    for (const op of recorder.kept) stream.write(`${renderOp(op)}\n`)
    recorder.listen((op) => void stream.write(`${renderOp(op)}\n`))
    return () => new Promise((done) => stream.end(done))
  }

  writeHistory(name: string, ops: Ops): void {
    const file = openSync(this.#historyFile(name), 'w')
    let text = ''
    for (const op of ops) {
      text += `${renderOp(op)}\n`
      if (text.length < writtenAtOnce) continue
      writeSync(file, text)
      text = ''
    }
    writeSync(file, text)
    closeSync(file)
  }

  /** One JSON object a line. */
  writeLines(name: string, lines: readonly unknown[]): void {
    writeFileSync(this.path(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }

  #historyFile(name: string): string {
    return this.path(`history.${name}.jsonl`)
  }

  writeVerdict(verdict: Verdict, histories: readonly ScenarioHistory[], run: RunFacts): void {
    writeFileSync(this.path('verdict.json'), `${JSON.stringify(verdict, null, 2)}\n`)
    writeFileSync(this.path('junit.xml'), renderJunit(verdict, histories))
    writeFileSync(this.path('summary.md'), renderSummary(verdict, histories))
    writeFileSync(this.path('report.html'), renderReport({ verdict, histories, run, assets: chartLibraries(), words }))
  }

  /** Data directories are evidence; after a clean verdict they are only large. */
  dropData(): void {
    rmSync(this.path('data'), { recursive: true, force: true })
  }

  /** Points `latest` beside this directory at it, unless something else is called so. */
  linkLatest(): void {
    const link = join(this.directory, '..', 'latest')
    const there = lstatSync(link, { throwIfNoEntry: false })
    if (there !== undefined && !there.isSymbolicLink()) return
    rmSync(link, { force: true })
    symlinkSync(relative(join(link, '..'), this.directory), link)
  }
}

/** `runs/<time>-<seed>` below the working directory. */
export function defaultDirectory(startedAt: Date, seed: number | 'bench'): string {
  const time = startedAt.toISOString().replaceAll(/[:.]/g, '-').slice(0, 19)
  return join('runs', `${time}-${seed}`)
}

export function runFacts(seed: number, options: Readonly<Record<string, unknown>>, startedAt: Date): RunFacts {
  const commit = currentCommit()
  return {
    seed,
    ...(commit !== undefined && { commit }),
    versions: { tribunal: tribunalVersion(), node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    options,
    startedAt: startedAt.toISOString(),
  }
}

function currentCommit(): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim()
  } catch {
    return undefined
  }
}

function chartLibraries(): { vega: string; vegaLite: string; vegaEmbed: string } {
  const source = (name: string): string => readFileSync(join(packageDirectory(name), 'build', `${name}.min.js`), 'utf8')
  return { vega: source('vega'), vegaLite: source('vega-lite'), vegaEmbed: source('vega-embed') }
}

/** Of a new run. Throws a UserError: what stands in the way, and the way out. */
export function openStore(directory: string): RunStore {
  if (directory === '') throw new UserError('--out names no directory.')
  if (existsSync(join(directory, 'run.json'))) {
    throw new UserError(`${directory} holds a run already, and old data would mix with new; choose another with --out.`)
  }
  try {
    return new RunStore(directory)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UserError(`The run directory cannot be made: ${reason}. Choose another with --out.`, exitCodes.unknown)
  }
}
