/** Every race in the simulator: the sound broker passes it, and whoever has its bug is convicted by name. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../../checkers/verdict.ts'
import { soundDecisions } from '../../reference-broker/core/decisions.ts'
import { defects, withDefect } from '../../reference-broker/defects/registry.ts'
import { judgeRace } from './judge-race.ts'
import type { Race } from './race.ts'
import { racesPage, renderRacesPage } from './races-page.ts'
import { races } from './registry.ts'
import { simulateRace, type SimulatedRaceOptions } from './simulated-race.ts'

function judged(race: Race, options: Partial<SimulatedRaceOptions> & { readonly accept?: readonly string[] } = {}): Judgement {
  const { ops, played, failures } = simulateRace(race, { seed: 1, ...options })
  return judgeRace({ race, played, ops, failures, accept: options.accept ?? [] })
}

function named(name: string): Race {
  return races.find((race) => race.name === name)!
}

describe.each(races.map((race) => [race.name, race] as const))('%s', (_name, race) => {
  it('the sound broker passes it, in every version it is played in', () => {
    const { findings, reasons, valid } = judged(race)
    expect({ findings, reasons, valid }).toEqual({ findings: [], reasons: [], valid: true })
  })

  it('a proxy that does nothing leaves it unjudged', () => {
    const { played, ops } = simulateRace({ ...race, rules: () => [] }, { seed: 1 })
    if (race.rules(2).length === 0) return
    expect(judgeRace({ race, played, ops, failures: [], accept: [] }).valid).not.toBe(true)
  })

  it.skipIf(race.protocolBug === undefined)('where the protocol has the bug it convicts by its issue, and is listed when that is accepted', () => {
    const features = { 'transaction.version': 1 }
    const convicted = judged(race, { features })
    expect(convicted.valid).toBe(false)
    expect(convicted.findings.map(({ issue }) => issue)).toEqual(convicted.findings.map(() => race.protocolBug!.issue))
    expect(judged(race, { features, accept: [race.protocolBug!.issue] })).toMatchObject({ valid: true, reasons: [] })
  })
})

const planted = Object.entries(defects).flatMap(([name, { race, anomalies }]) => (race === undefined ? [] : [[name, race, anomalies] as const]))

describe.each(planted)('%s', (name, race, anomalies) => {
  it(`is convicted by ${race} of ${anomalies.join(' or ')}`, () => {
    const { findings, valid } = judged(named(race), { decisions: withDefect(name) })
    expect(valid).toBe(false)
    expect(findings.filter(({ anomaly }) => anomalies.includes(anomaly))).not.toEqual([])
  })
})

/** What of the planted defects each race is there for, beside those that name it. */
const alsoConvicts: Readonly<Record<string, string>> = {
  'late-record-joins-next': 'append-unasked',
  'unadded-record': 'append-unasked',
  'mixed-versions': 'add-while-ending',
  'leader-moves-before-ack': 'forget-duplicates',
  'sequence-reset-in-flight': 'forget-duplicates',
  'epoch-bump-in-flight': 'refuse-duplicates',
  'acknowledged-offsets': 'answer-offset-zero',
}

it('every race convicts a defect', () => {
  const withOwn = planted.map(([, race]) => race)
  expect([...new Set([...withOwn, ...Object.keys(alsoConvicts)])].sort()).toEqual(races.map(({ name }) => name).sort())
})

it.each(Object.entries(alsoConvicts))('%s convicts %s', (race, defect) => {
  expect(judged(named(race), { decisions: withDefect(defect) }).valid).toBe(false)
})

describe.each(races.flatMap((race) => (race.wrongClient === undefined ? [] : [[race.name, race, race.wrongClient] as const])))('%s', (_name, race, wrongClient) => {
  it(`a client that ${wrongClient.describes} is convicted of ${wrongClient.anomalies.join(' or ')}, and is to blame`, () => {
    const { findings, valid } = judged({ ...race, play: wrongClient.play })
    expect(valid).toBe(false)
    const own = findings.filter(({ anomaly }) => wrongClient.anomalies.includes(anomaly))
    expect(own.map(({ blame }) => blame)).toEqual(own.map(() => 'client'))
    expect(own.length).toBeGreaterThan(0)
  })
})

it('a question to the coordinator that is overtaken by the marker of the transaction before is asked anew', () => {
  const race: Race = {
    ...named('write-while-ending'),
    versions: [2],
    rules: () => [
      { name: 'held-marker', match: { api: 'WriteTxnMarkers' }, act: { do: 'hold' } },
      { name: 'held-question', nth: 2, match: { api: 'AddPartitionsToTxn' }, act: { do: 'hold' } },
    ],
    interleaving: () => [{ did: 'held', rule: 'held-marker' }, { did: 'held', rule: 'held-question' }, { did: 'answered', api: 'Produce', client: 'a' }],
    *play(stage) {
      const producer = yield* stage.initialised('a')
      const first = stage.begin(producer, [0])
      yield* first.send(0)
      yield* stage.well('EndTxn', () => producer.end(true))
      first.op.committed()
      yield* stage.fired('held-marker')
      const second = stage.begin(producer, [0])
      let answer: string | undefined
      stage.spawn((function* () {
        answer = (yield* second.produce(0)).error
      })())
      yield* stage.fired('held-question')
      stage.resume('held-marker')
      yield* stage.completed(producer)
      stage.resume('held-question')
      yield* stage.until('the answer', () => answer !== undefined)
      stage.expect(answer as 'NONE', ['NONE'], { what: 'the first record of a transaction', anomaly: 'wrong-answer' })
      yield* second.commit()
    },
  }
  expect(judged(race)).toMatchObject({ findings: [], reasons: [], valid: true })
})

it('docs/races.md says what the registry says (else: npm run defects)', () => {
  expect(readFileSync(racesPage, 'utf8')).toBe(renderRacesPage())
})

it('the same seed is played the same way, to the byte', () => {
  const hashes = [1, 1].map((seed) => simulateRace(races[0]!, { seed, decisions: soundDecisions }).traceHash)
  expect(hashes[0]).toBe(hashes[1])
})
