import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { describe, expect, test } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { timelineSpec } from './charts.ts'
import { groupsOf, type Groups } from './groups.ts'
import { prepare } from './prepare.ts'
import { groupSentence } from './words.ts'

const story = `
  0s p1/a join g -> ok m1@1; p1/a assigned g m1@1 t-0:0 t-1:0
  observe 1 t-0 highWatermark 10
  1s p1/a commit g m1@1 t-0:4 -> ok
  2s p1/a revoked g m1@1 t-0 t-1
  2.5s p1/a assigned g m1@2 t-0:4; p2/b assigned g m2@2 t-1:0
  4s observe 1 t-0 highWatermark 20
  6s p2/b lost g m2 t-1 for UNKNOWN_MEMBER_ID
  8s p1/a crash -> info
  10s phase end`

function rows(history: string): Groups {
  return groupsOf(parseNotation(history), 10)
}

describe('the rows of consumer groups', () => {
  test('tell every tenure from its beginning to its end, and how it ended', () => {
    expect(rows(story).tenures.map(({ lane, member, t, to, ended, generation }) => [lane, member, t, to, ended, generation])).toEqual([
      ['t-0', 'a', 0, 2, 'revoked', 1], ['t-0', 'a', 2.5, 8, 'crashed', 2],
      ['t-1', 'a', 0, 2, 'revoked', 1], ['t-1', 'b', 2.5, 6, 'lost', 2],
    ])
    const still = rows('0s p1/a assigned g m1@1 x:0; 1s p1/a assigned g m1@2 + y:0; 2s p1/a assigned g m1@3 x:0')
    expect(still.tenures.map(({ lane, t, to }) => [lane, t, to])).toEqual([['x', 0, 2], ['x', 2, 10], ['y', 1, 2]])
  })

  test('tell how far a group was behind whenever that changed', () => {
    expect(rows(story).lags).toEqual([
      { lane: 't-0', t: 1, committed: 4, end: 10, lag: 6 },
      { lane: 't-0', t: 4, committed: 4, end: 20, lag: 16 },
    ])
    expect(rows(story).offsets.map(({ what, offset }) => `${what} ${offset}`)).toEqual(['committed 4', 'end 10', 'committed 4', 'end 20'])
  })

  test('tell the pause of a member that had nothing for a while', () => {
    expect(rows(story).pauses).toEqual([{ member: 'a', group: 'g', t: 2, to: 2.5, ms: 500 }])
    expect(rows('0s p1/a assigned g m1@1 x y; 1s p1/a revoked g m1@1 x; 2s p1/a assigned g m1@2 + z').pauses).toEqual([])
  })

  test('keep two groups on one partition apart', () => {
    const { tenures } = rows('0s p1/a assigned g m1@1 x:0; p2/b assigned h m2@1 x:0; 5s p1/a leave g m1 -> ok')
    expect(tenures.map(({ lane, to }) => [lane, to])).toEqual([['g: x', 5], ['h: x', 10]])
  })

  test('are few enough to draw, and say how many lanes are left out', () => {
    const many = Array.from({ length: 40 }, (_, at) => `t-${at}`).join(' ')
    const busy = Array.from({ length: 200 }, (_, at) => `${at + 1}s p1/a assigned g m1@${at} t-3`).join('\n')
    const { tenures, lanesLeftOut } = groupsOf(parseNotation(`0s p1/a assigned g m1@0 ${many}\n${busy}`), 300)
    expect(lanesLeftOut).toBe(16)
    expect(tenures.filter(({ lane }) => lane === 't-3')).toHaveLength(60)
  })
})

describe('the charts of consumer groups', () => {
  async function draw(history: string): Promise<{ readonly svg: string; readonly warnings: readonly string[]; readonly titles: readonly string[] }> {
    const spec = timelineSpec(prepare(parseNotation(history), { faults: [], findings: [], maxPoints: 100 })!)!
    const warnings: string[] = []
    const logger = vega.logger(vega.Warn)
    logger.warn = (...told: unknown[]) => (warnings.push(told.join(' ')), logger)
    const { spec: compiled } = compile(spec as unknown as TopLevelSpec, { logger })
    const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger })
    const svg = await view.toSVG()
    view.finalize()
    const titles = (spec['vconcat'] as { title: { text: string } }[]).map(({ title }) => title.text)
    return { svg, titles, warnings: warnings.filter((warning) => !warning.endsWith('event source: window')) }
  }

  test('are owners, pauses, lag and committed offsets, drawn without a warning', async () => {
    const { svg, warnings, titles } = await draw(story)
    expect(warnings).toEqual([])
    expect(titles).toEqual(expect.arrayContaining(['Partition owners', 'Rebalance pauses', 'Lag', 'Committed and end offsets']))
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(svg).toContain('the longest took 500 ms')
  })

  test('all show the faults behind them', () => {
    const fault = { name: 'kill', targets: [1], startTime: 2e9, endTime: 3e9, inForce: true, evidence: [] }
    const spec = timelineSpec(prepare(parseNotation(story), { faults: [fault], findings: [], maxPoints: 100 })!)!
    const charts = spec['vconcat'] as { title: { text: string }; layer?: { data?: { name: string } }[] }[]
    const withBands = charts.filter(({ layer }) => layer?.some(({ data }) => data?.name === 'faults')).map(({ title }) => title.text)
    expect(withBands).toEqual(expect.arrayContaining(['Partition owners', 'Rebalance pauses', 'Lag', 'Committed and end offsets']))
  })

  test('are left out of a history without groups', async () => {
    const { titles } = await draw('0s p0 send x v1 -> ok @0; 1s observe 1 x highWatermark 3')
    expect(titles).not.toEqual(expect.arrayContaining(['Partition owners']))
    expect(titles).not.toEqual(expect.arrayContaining(['Lag']))
  })
})

describe('what groups went through, in a sentence', () => {
  const figures = { rebalancePauseMsMax: 798, 'coverage.rebalances': 11, 'coverage.fencedMembers': 1, 'coverage.coordinatorChanges': 6, 'coverage.commits': 605 }

  test('is said of a run, and not of many seeds or of a run without groups', () => {
    expect(groupSentence({ figures, seeds: 1 })).toBe('11 rebalances, the longest pause 798 ms, 1 member fenced, 6 coordinator changes, 605 offsets committed')
    const behind = { ...figures, 'groupLagMax': 1243, 'groupLagEnd': 0, 'coverage.putAside': 1, 'coverage.deadLetters': 2 }
    expect(groupSentence({ figures: behind, seeds: 1 })).toMatch(/, up to 1,243 records behind and 0 at the end, 1 record put aside, 2 dead letters read$/)
    expect(groupSentence({ figures, seeds: 200 })).toBe('')
    expect(groupSentence({ figures: { 'coverage.rebalances': 1 }, seeds: 1 })).toBe('')
  })
})
