/** One comparison from end to end: two brokers opened, told the stories, asked at random, closed, and what was found. */
import type { ConformanceDifference, ConformanceReport, ServedApi } from '../../reports/conformance.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { apiByKey, apis, type AnyApi } from '../../protocol/apis.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { openBroker, type OpenedBroker } from './open-broker.ts'
import { Player, type Served, type Versions } from './player.ts'
import { Search, type Found } from './search.ts'
import { readStories } from './story-files.ts'
import { answerText, stepText } from './story-text.ts'

export interface ComparisonOptions {
  readonly a: string
  readonly b: string
  readonly runs: number
  readonly seed: number
  readonly onProgress: (line: string) => void
  readonly signal: AbortSignal
}

/** The zero of all sequences lies this far back, so that no clock can be taken for it. */
const zeroBeforeMs = 600_000

/** UserError with `unknown` when a broker cannot be reached, or does not stand alone. */
export async function compareBrokers(options: ComparisonOptions): Promise<ConformanceReport> {
  const opened: OpenedBroker[] = []
  const runner = new NodeRunner({})
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  try {
    for (const text of [options.a, options.b]) opened.push(await openBroker(text))
    return await comparison(loop, opened[0]!, { b: opened[1]!, options })
  } finally {
    await runner.stop()
    for (const broker of opened) await broker.close()
  }
}

async function comparison(
  loop: Loop,
  a: OpenedBroker,
  { b, options }: { readonly b: OpenedBroker; readonly options: ComparisonOptions },
): Promise<ConformanceReport> {
  const startedMs = loop.now()
  const wallNow = loop.ports.clock.wallNow()
  const run = `conformance-${wallNow.toString(36)}`
  const pair = { a: new Player(loop, a.address, `${run}-a`), b: new Player(loop, b.address, `${run}-b`) }
  const served = { a: await servedBy(pair.a, a), b: await servedBy(pair.b, b) }
  const stories = readStories().filter(({ steps }) => steps.every(({ api, version }) => serves(served, apis[api], version)))
  const search = new Search(pair, {
    ...options,
    served,
    stories,
    zeroMs: Math.floor(wallNow) - zeroBeforeMs,
    onFound: ({ difference, reason }) => options.onProgress(`${reason === undefined ? 'found' : 'declared'}: ${difference.signature}`),
  })
  await search.run()
  for (const player of [pair.a, pair.b]) await player.close()
  const list = [...search.found.values()].map(described)
  const listed = servedApis(served)
  const differences = [...list, ...versionDifferences(listed)]
  return {
    a: a.name,
    b: b.name,
    valid: differences.every(({ reason }) => reason !== null),
    seed: options.seed,
    runs: search.runs,
    stories: stories.length,
    sequences: search.sequences,
    durationMs: Math.round(loop.now() - startedMs),
    differences,
    apis: listed,
  }
}

async function servedBy(player: Player, { name, startsWithinMs }: OpenedBroker): Promise<Served> {
  const served = await player.served(startsWithinMs)
  if (served === undefined) throw new UserError(`${name} does not answer; start it, or give the address of one that runs.`, exitCodes.unknown)
  await player.warmUp()
  const brokers = await player.brokers()
  if (brokers === 1) return served
  throw new UserError(`${name} is one of ${brokers} brokers; give brokers that stand alone, so that each can answer everything.`, exitCodes.unknown)
}

function serves(served: { readonly a: Served; readonly b: Served }, { key }: AnyApi, version: number): boolean {
  const has = (versions: Versions | undefined): boolean => versions !== undefined && version >= versions.min && version <= versions.max
  return has(served.a.get(key)) && has(served.b.get(key))
}

function described({ difference, steps, reason, times }: Found): ConformanceDifference {
  const { signature, a, b } = difference
  return { signature, reason: reason ?? null, times, steps: steps.map(stepText), a: answerText(a), b: answerText(b) }
}

function servedApis({ a, b }: { readonly a: Served; readonly b: Served }): ServedApi[] {
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)
  const range = (versions: Versions | undefined): string | null => (versions === undefined ? null : `${versions.min}-${versions.max}`)
  return keys.map((key) => ({ name: apiByKey(key)?.name ?? `key ${key}`, key, a: range(a.get(key)), b: range(b.get(key)) }))
}

/** An API that only one serves is out of scope; other versions of one that both serve are a difference. */
function versionDifferences(list: readonly ServedApi[]): ConformanceDifference[] {
  return list.filter(({ a, b }) => a !== null && b !== null && a !== b).map(({ name, a, b }) => ({
    signature: `ApiVersions ${name}: ${a} or ${b}`, reason: null, times: 1, steps: ['> ApiVersions 0 {}'], a: a!, b: b!,
  }))
}
