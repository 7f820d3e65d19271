/**
 * The Vega-Lite specification of a run's timeline: plain data with its rows inside, so that a picture can be taken out
 * of a report, cut again and compared. Colours are mid-tones that read on white and on black; text is `currentColor`;
 * shape, dash and words repeat whatever a colour says.
 */
import { chartConfig } from './chart-style.ts'
import { eventView, latencyView, leadershipView, throughputView, type Spec, type View } from './chart-views.ts'
import { loadLatencyView, loadRateView } from './load-views.ts'
import { committedView, lagView, ownerView, pauseView } from './group-views.ts'
import { inSyncView, watermarkView } from './replication-views.ts'
import type { Prepared } from './prepare.ts'

/**
 * Faults and findings, latency, throughput, what a load tool counted, leaders, in-sync replicas and high watermarks, and of
 * consumer groups owners, pauses, lag and committed offsets, over one time axis, one above the other; what has no rows is left
 * out. undefined when nothing has any. `width` is that of the plots alone, in pixels.
 */
export function timelineSpec(prepared: Prepared, width = 860): Spec | undefined {
  const views = [
    eventView(prepared), latencyView(prepared), throughputView(prepared), loadLatencyView(prepared), loadRateView(prepared),
    leadershipView(prepared), inSyncView(prepared), watermarkView(prepared),
    ownerView(prepared), pauseView(prepared), lagView(prepared), committedView(prepared),
  ]
  const drawn = views.filter((view) => view !== undefined)
  if (drawn.length === 0) return undefined
  const own = { scale: { color: 'independent', shape: 'independent', strokeDash: 'independent' } }
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: 'What happened over the run: faults, latency, throughput, partition leaders and replicas on one time axis.',
    datasets: datasetsOf(prepared),
    params: [zoomOf(drawn)],
    vconcat: drawn.map((view, at) => withTimeAxis(view, { width, isLast: at === drawn.length - 1 })),
    spacing: 18,
    resolve: { scale: { ...own.scale, x: 'shared' } },
    config: chartConfig,
  }
}

/** Drag to pan and shift + wheel to zoom, along the time axis only; a plain wheel scrolls the page. */
function zoomOf(views: readonly View[]): Spec {
  const select = { type: 'interval', encodings: ['x'], zoom: 'wheel![event.shiftKey]' }
  return { name: 'zoom', select, bind: 'scales', views: views.map(({ name }) => name) }
}

function datasetsOf(prepared: Prepared): Record<string, readonly unknown[]> {
  return {
    points: prepared.latency.points,
    quantiles: prepared.latency.quantiles,
    throughput: prepared.throughput.rows,
    faults: prepared.faults,
    findings: prepared.findings,
    phases: prepared.phases,
    stints: prepared.leadership.stints,
    leaderChanges: prepared.leadership.changes,
    inSync: prepared.replication.stints,
    watermarks: prepared.replication.watermarks,
    loadLatency: prepared.load.latency,
    loadRates: prepared.load.rates,
    tenures: prepared.groups.tenures,
    pauses: prepared.groups.pauses,
    lags: prepared.groups.lags,
    offsets: prepared.groups.offsets,
  }
}

const timeTitle = 'seconds since the run began'

/** The axis is labelled under the last view only. */
function withTimeAxis(view: View, place: { width: number; isLast: boolean }): Spec {
  const { name, title, subtitle, layer, ...rest } = view
  const [first = {}, ...others] = layer
  return {
    ...rest,
    title: { text: title, subtitle },
    width: place.width,
    encoding: { x: { axis: place.isLast ? { title: timeTitle } : { title: null, labels: false } } },
    layer: [{ ...first, name }, ...others],
  }
}
