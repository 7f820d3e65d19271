import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timelineSpec } from './charts.ts'
import type { Spec } from './chart-views.ts'
import { faultsOfHistory } from './faults.ts'
import { prepare, type Prepared } from './prepare.ts'
import { hostileFinding, hostileOps } from './testing/arbitraries.ts'
import { trial } from './testing/trial-fixture.ts'

/** Compiles without a warning and renders headless; the SVG, and how many items each mark of the views has. */
async function draw(spec: Spec): Promise<{ svg: string; items: Map<string, number>; warnings: string[] }> {
  const warnings: string[] = []
  const logger = vega.logger(vega.Warn)
  logger.warn = (...told: unknown[]) => (warnings.push(told.join(' ')), logger)
  const { spec: compiled } = compile(spec as unknown as TopLevelSpec, { logger })
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger })
  const svg = await view.toSVG()
  const items = new Map<string, number>()
  countItems((view.scenegraph() as unknown as { root: SceneItem }).root, items)
  view.finalize()
  return { svg, items, warnings: warnings.filter((warning) => !warning.endsWith('event source: window')) }
}

interface SceneItem {
  readonly marktype?: string
  readonly name?: string
  readonly items?: readonly SceneItem[]
}

function countItems(item: SceneItem, counts: Map<string, number>): void {
  if (item.name?.endsWith('_marks')) counts.set(item.name, item.items?.length ?? 0)
  for (const inner of item.items ?? []) countItems(inner, counts)
}

function prepared(history: number, maxPoints: number): Prepared {
  const { verdict, histories } = trial({ rate: 30, durationSeconds: 40, seed: 11 })
  const { ops } = histories[history]!
  const { findings } = verdict.scenarios[history]!
  return prepare(ops, { faults: faultsOfHistory(ops), findings, maxPoints })!
}

/** How many items the marks drawn from the rows of one data set have. */
function itemsOf(spec: Spec, drawn: ReadonlyMap<string, number>, dataset: string): number[] {
  const views = spec['vconcat'] as { layer: { name?: string; data?: { name: string } }[] }[]
  return views.flatMap(({ layer }, view) =>
    layer.flatMap(({ name, data }, at) => {
      if (data?.name !== dataset) return []
      return [drawn.get(`${name ?? `concat_${view}_layer_${at}`}_marks`) ?? drawn.get(`concat_${view}_layer_${at}_marks`) ?? -1]
    }),
  )
}

describe('the timeline', () => {
  test('compiles without a warning and draws every row', async () => {
    const data = prepared(0, 5000)
    const spec = timelineSpec(data)!
    const { svg, items, warnings } = await draw(spec)
    expect(warnings).toEqual([])
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(itemsOf(spec, items, 'points')).toEqual([data.latency.points.length])
    expect(itemsOf(spec, items, 'stints')[0]).toBe(data.leadership.stints.length)
    expect(itemsOf(spec, items, 'inSync')[0]).toBe(data.replication.stints.length)
    expect(data.replication.watermarks.length).toBeGreaterThan(100)
    expect(new Set(itemsOf(spec, items, 'leaderChanges'))).toEqual(new Set([data.leadership.changes.length]))
    expect(new Set(itemsOf(spec, items, 'findings'))).toEqual(new Set([1]))
    expect(svg).toContain('lost-write')
  })

  test('faults seen in force are filled, others dashed and labelled', async () => {
    const spec = timelineSpec(prepared(1, 5000))!
    const { svg, items } = await draw(spec)
    expect(itemsOf(spec, items, 'faults')).toEqual([2, 1, 1, 2, 1, 2, 1, 2, 1])
    expect(svg.match(/<path[^>]*stroke-dasharray="4,3"/g)).toHaveLength(4)
    expect(svg).toContain('not seen in force')
  })

  test('in-sync sets tell their members, and mark those below the minimum by more than colour', async () => {
    const { svg } = await draw(timelineSpec(prepared(0, 5000))!)
    expect(svg).toContain('>1 2 3<')
    const { ops } = trial({ rate: 30, durationSeconds: 40, seed: 11 }).histories[0]!
    const config = { ...ops.at(0)!, value: { minInSyncReplicas: 3 } }
    const strict = prepare([config, ...[...ops].slice(1)], { faults: [], findings: [], maxPoints: 5000 })!
    const { svg: marked } = await draw(timelineSpec(strict)!)
    expect(marked).toMatch(/>\d \d !</)
    expect(marked).toContain('below the minimum of 3')
  })

  test('the high watermarks of a dozen partitions are told apart by colour and dash', async () => {
    const data = prepared(0, 5000)
    const [row] = data.replication.watermarks
    const watermarks = Array.from({ length: 12 }, (_, at) => ({ ...row!, key: `orders-${at}`, highWatermark: at }))
    const spec = timelineSpec({ ...data, replication: { ...data.replication, watermarks } })!
    const views = spec['vconcat'] as { title: { text: string }; layer: { encoding: Record<string, { scale: { range: unknown[] } }> }[] }[]
    const { color, strokeDash } = views.find(({ title }) => title.text.startsWith('High watermarks'))!.layer.at(-1)!.encoding
    const looks = watermarks.map((_, at) => JSON.stringify([color!.scale.range[at], strokeDash!.scale.range[at]]))
    expect(new Set(looks).size).toBe(12)
    expect((await draw(spec)).warnings).toEqual([])
  })

  test('above the limit of points the quantiles are lines and compile as well', async () => {
    const data = prepared(0, 100)
    expect(data.latency.quantiles.length).toBeGreaterThan(0)
    const spec = timelineSpec(data)!
    const { svg, items, warnings } = await draw(spec)
    expect(warnings).toEqual([])
    expect(itemsOf(spec, items, 'points')).toEqual([data.latency.points.length])
    expect(svg).toContain('p99')
  })

  test('all views have the same time axis, and dragging any of them moves all', () => {
    const spec = timelineSpec(prepared(0, 5000), 500)!
    const views = spec['vconcat'] as { layer: { name?: string; encoding: { x: { field: string; scale: unknown } } }[] }[]
    const scales = views.flatMap(({ layer }) => layer.map(({ encoding: { x } }) => JSON.stringify([x.field, x.scale])))
    expect(new Set(scales).size).toBe(1)
    const [zoom] = spec['params'] as { views: string[] }[]
    expect(views.map(({ layer }) => layer[0]!.name)).toEqual(zoom!.views)
    expect(spec['resolve']).toMatchObject({ scale: { x: 'shared' } })
  })

  test('views without rows are left out, and a history without any has no timeline', async () => {
    const { ops } = trial({ rate: 10, durationSeconds: 10, seed: 1 }).histories[0]!
    const onlyClients = [...ops].filter(({ process }) => typeof process === 'number')
    const spec = timelineSpec(prepare(onlyClients, { faults: [], findings: [], maxPoints: 500 })!)!
    expect(spec['vconcat']).toHaveLength(2)
    expect((await draw(spec)).warnings).toEqual([])
    const polls = onlyClients.filter(({ f }) => f === 'poll')
    expect(timelineSpec(prepare(polls, { faults: [], findings: [], maxPoints: 500 })!)).toBeUndefined()
  })

  test('the rows of any history can be drawn', async () => {
    await fc.assert(
      fc.asyncProperty(hostileOps, fc.array(hostileFinding, { maxLength: 3 }), async (ops, findings) => {
        const data = prepare(ops, { faults: faultsOfHistory(ops), findings, maxPoints: 6 })
        const spec = data && timelineSpec(data)
        if (spec !== undefined) expect((await draw(JSON.parse(JSON.stringify(spec)) as Spec)).svg).toContain('<svg')
      }),
      { numRuns: 40 },
    )
  })
})
