/** The load tool's own numbers as views of the timeline, beside those of the history. */
import { loadOutcomes, loadQuantiles } from './chart-style.ts'
import { backdrop, latencyAxis, scaleOf, time, tooltip, type View } from './chart-views.ts'
import type { Prepared } from './prepare.ts'

export function loadLatencyView(prepared: Prepared): View | undefined {
  const { tool, latency } = prepared.load
  if (latency.length === 0) return undefined
  const { names, colors, dashes } = loadQuantiles
  const lines = {
    data: { name: 'loadLatency' },
    mark: { type: 'line', clip: true, strokeWidth: 1.6 },
    encoding: {
      x: time(prepared),
      y: latencyAxis(),
      color: { field: 'q', ...scaleOf(names, colors) },
      strokeDash: { field: 'q', ...scaleOf(names, dashes) },
      tooltip: tooltip({ q: 'quantile', t: 'around (s)', ms: 'ms' }),
    },
  }
  return {
    name: 'loadLatency',
    title: `${tool}: latency in ms`,
    subtitle: 'of its requests, by the second in which they ended, as the tool measured it',
    height: 120,
    layer: [...backdrop(prepared), lines],
  }
}

export function loadRateView(prepared: Prepared): View | undefined {
  const { tool, rates } = prepared.load
  if (rates.length === 0) return undefined
  const { names, colors, dashes } = loadOutcomes
  const lines = {
    data: { name: 'loadRates' },
    mark: { type: 'line', clip: true, interpolate: 'step-after', strokeWidth: 1.6 },
    encoding: {
      x: time(prepared),
      y: { field: 'perSecond', type: 'quantitative', stack: null, axis: { title: null, tickCount: 4, format: '~s' } },
      color: { field: 'outcome', ...scaleOf(names, colors) },
      strokeDash: { field: 'outcome', ...scaleOf(names, dashes) },
      tooltip: tooltip({ outcome: 'outcome', t: 'from (s)', perSecond: 'per second' }),
    },
  }
  return {
    name: 'loadRates',
    title: `${tool}: records a second`,
    subtitle: 'by what it was told of them; dropped: requests that were due and could not be begun',
    height: 90,
    layer: [...backdrop(prepared), lines],
  }
}
