/**
 * The parts of a timeline: one view for each thing that a history tells over time. A view names its rows and never
 * holds them; all of them place `t` on the one time axis.
 */
import { faultColor, findingColor, leaderColors, noLeaderColor, outcomes, quantiles } from './chart-style.ts'
import type { Prepared } from './prepare.ts'

/** A Vega-Lite specification, or a part of one. */
export type Spec = Readonly<Record<string, unknown>>

export interface View {
  readonly name: string
  readonly title: string
  readonly subtitle: string
  readonly height: number | Spec
  readonly layer: readonly Spec[]
  readonly resolve?: Spec
}

export const laneHeight = 20

/** Where a mark begins on the time axis, which every view has in common. */
export function time(prepared: Prepared): Spec {
  const scale = { domain: [0, prepared.endSeconds], nice: false, zero: false }
  return { field: 't', type: 'quantitative', scale }
}

export function tooltip(fields: Readonly<Record<string, string>>): Spec[] {
  return Object.entries(fields).map(([field, title]) => ({ field, title }))
}

const faultTooltip = tooltip({ name: 'fault', targets: 'targets', state: 'evidence', t: 'from (s)', to: 'to (s)' })
const isSeen = "datum.state === 'seen in force'"

interface Band {
  readonly fillOpacity: number
  readonly mark: Spec
  /** Its lane; without one the whole height. */
  readonly y?: Spec
}

/** Filled where the fault was seen in force, an empty dashed box where it was not. */
function bandLayers(prepared: Prepared, { fillOpacity, mark, y }: Band): Spec[] {
  const place = { x: time(prepared), x2: { field: 'to' }, ...(y === undefined ? {} : { y }) }
  const filled = { stroke: null, fillOpacity }
  const dashed = { stroke: faultColor, fillOpacity: 0, strokeDash: [4, 3] }
  return [true, false].map((seen) => ({
    data: { name: 'faults' },
    transform: [{ filter: seen ? isSeen : `!(${isSeen})` }],
    mark: { type: 'rect', clip: true, color: faultColor, ...mark, ...(seen ? filled : dashed) },
    encoding: { ...place, tooltip: faultTooltip },
  }))
}

/** What lies behind a plot: fault bands and leader changes. */
export function backdrop(prepared: Prepared): Spec[] {
  const layers: Spec[] = []
  if (prepared.faults.length > 0) layers.push(...bandLayers(prepared, { fillOpacity: 0.13, mark: {} }))
  if (prepared.leadership.changes.length > 0) {
    layers.push({
      data: { name: 'leaderChanges' },
      mark: { type: 'rule', clip: true, color: 'currentColor', opacity: 0.45, strokeDash: [2, 3] },
      encoding: { x: time(prepared), tooltip: tooltip({ t: 'at (s)', what: 'leader change' }) },
    })
  }
  return layers
}

export function eventView(prepared: Prepared): View | undefined {
  const { faults, findings, phases } = prepared
  if (faults.length + findings.length + phases.length === 0) return undefined
  const layer = [...phaseLayers(prepared), ...faultLayers(prepared), ...findingLayers(prepared)]
  const subtitle = 'filled: seen in force; dashed: injected, not seen in force; ✕: first op of a finding'
  return { name: 'events', title: 'Faults and findings', subtitle, height: { step: laneHeight }, layer }
}

export function laneAxis(field: string): Spec {
  return { field, type: 'nominal', axis: { title: null }, sort: null, scale: { paddingInner: 0 } }
}

function faultLayers(prepared: Prepared): Spec[] {
  if (prepared.faults.length === 0) return []
  const y = laneAxis('lane')
  const mark = { cornerRadius: 2, height: { band: 0.7 } }
  const label: Spec = {
    data: { name: 'faults' },
    transform: [{ filter: `!(${isSeen})` }],
    mark: { type: 'text', clip: true, align: 'left', dx: 5, text: 'not seen in force', fontStyle: 'italic' },
    encoding: { x: time(prepared), y },
  }
  return [...bandLayers(prepared, { fillOpacity: 0.85, mark, y }), label]
}

function findingLayers(prepared: Prepared): Spec[] {
  if (prepared.findings.length === 0) return []
  const place = { x: time(prepared), y: laneAxis('lane') }
  const tip = tooltip({ anomaly: 'finding', t: 'from (s)', to: 'to (s)', message: 'what' })
  const data = { name: 'findings' }
  const color = findingColor
  return [
    {
      data,
      mark: { type: 'rule', clip: true, color, strokeWidth: 2 },
      encoding: { ...place, x2: { field: 'to' }, tooltip: tip },
    },
    {
      data,
      mark: { type: 'point', clip: true, shape: 'M-1,-1L1,1M1,-1L-1,1', color, size: 60, strokeWidth: 2.5 },
      encoding: { ...place, tooltip: tip },
    },
  ]
}

function phaseLayers(prepared: Prepared): Spec[] {
  if (prepared.phases.length === 0) return []
  const data = { name: 'phases' }
  const x = time(prepared)
  const y = { datum: 'phase', type: 'nominal', axis: { title: null }, sort: null }
  const mark = { type: 'text', clip: true, align: 'left', dx: 4, fontSize: 10 }
  return [
    { data, mark: { type: 'rule', clip: true, color: 'currentColor', opacity: 0.6 }, encoding: { x } },
    {
      data,
      transform: [{ filter: "datum.phase !== 'end'" }],
      mark,
      encoding: { x, y, text: { field: 'phase' } },
    },
  ]
}

export function latencyView(prepared: Prepared): View | undefined {
  const { points, quantiles: rows, leftOut } = prepared.latency
  if (points.length === 0 && rows.length === 0) return undefined
  const layer = backdrop(prepared)
  if (rows.length > 0) layer.push(quantileLayer(prepared))
  if (points.length > 0) layer.push(pointLayer(prepared))
  return {
    name: 'latency',
    title: 'Latency in ms',
    subtitle:
      leftOut > 0
        ? 'quantiles of the answered operations; those that failed or stayed open are points, the slowest of them'
        : 'each operation at the moment it was begun',
    height: 220,
    layer,
    resolve: { scale: { color: 'independent', strokeDash: 'independent', shape: 'independent' } },
  }
}

const powersOfTen = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

export function latencyAxis(): Spec {
  const axis = { title: null, format: '~r', values: powersOfTen }
  return { field: 'ms', type: 'quantitative', scale: { type: 'log', nice: true }, axis }
}

/** A scale that keeps its order and its choices whichever of the names the data has. */
export function scaleOf(domain: readonly string[], range: readonly unknown[]): Spec {
  return { scale: { domain, range }, type: 'nominal', title: null }
}

const isOk = "datum.outcome === 'ok'"

function pointLayer(prepared: Prepared): Spec {
  const { names, colors, shapes } = outcomes
  return {
    data: { name: 'points' },
    mark: { type: 'point', clip: true, strokeWidth: 1.2, aria: false },
    encoding: {
      x: time(prepared),
      y: latencyAxis(),
      color: { field: 'outcome', ...scaleOf(names, colors) },
      shape: { field: 'outcome', ...scaleOf(names, shapes) },
      size: { condition: { test: isOk, value: 18 }, value: 44 },
      opacity: { condition: { test: isOk, value: 0.6 }, value: 0.95 },
      tooltip: tooltip({ op: 'op', outcome: 'outcome', t: 'begun (s)', ms: 'latency (ms)' }),
    },
  }
}

function quantileLayer(prepared: Prepared): Spec {
  const { names, colors, dashes } = quantiles
  return {
    data: { name: 'quantiles' },
    mark: { type: 'line', clip: true, strokeWidth: 1.6, strokeCap: 'round' },
    encoding: {
      x: time(prepared),
      y: latencyAxis(),
      color: { field: 'q', ...scaleOf(names, colors) },
      strokeDash: { field: 'q', ...scaleOf(names, dashes) },
      tooltip: tooltip({ q: 'quantile', t: 'around (s)', ms: 'latency (ms)' }),
    },
  }
}

export function throughputView(prepared: Prepared): View | undefined {
  const { rows, bucketSeconds } = prepared.throughput
  if (rows.length === 0) return undefined
  const { names, colors, dashes } = outcomes
  const data = { name: 'throughput' }
  const place = {
    x: time(prepared),
    y: { field: 'perSecond', type: 'quantitative', stack: null, axis: { title: null, tickCount: 4, format: '~s' } },
  }
  const ground: Spec = {
    data,
    transform: [{ filter: isOk }],
    mark: { type: 'area', clip: true, interpolate: 'step-after', color: colors[0], opacity: 0.14 },
    encoding: place,
  }
  const lines: Spec = {
    data,
    mark: { type: 'line', clip: true, interpolate: 'step-after', strokeWidth: 1.6 },
    encoding: {
      ...place,
      color: { field: 'outcome', ...scaleOf(names, colors) },
      strokeDash: { field: 'outcome', ...scaleOf(names, dashes) },
      tooltip: tooltip({ outcome: 'outcome', t: 'from (s)', perSecond: 'per second' }),
    },
  }
  const subtitle = `operations completed per second, by outcome, in steps of ${bucketSeconds} s`
  const layer = [...backdrop(prepared), ground, lines]
  return { name: 'throughput', title: 'Throughput', subtitle, height: 120, layer }
}

export function leadershipView(prepared: Prepared): View | undefined {
  const { stints, keysLeftOut } = prepared.leadership
  if (stints.length === 0) return undefined
  const leaders = [...new Set(stints.map(({ leader }) => leader))].sort()
  const colors = leaders.map((leader, at) =>
    leader === 'none' ? noLeaderColor : leaderColors[at % leaderColors.length],
  )
  const data = { name: 'stints' }
  const y = laneAxis('key')
  const bars: Spec = {
    data,
    mark: { type: 'rect', clip: true, height: { band: 0.8 }, cornerRadius: 2, strokeWidth: 2 },
    encoding: {
      x: time(prepared),
      x2: { field: 'to' },
      y,
      color: { field: 'leader', ...scaleOf(leaders, colors) },
      stroke: { condition: { test: 'datum.disputed', value: findingColor }, value: null },
      tooltip: tooltip({ key: 'partition', leader: 'leader', leaderEpoch: 'epoch', t: 'from (s)', to: 'to (s)' }),
    },
  }
  const labels: Spec = {
    data,
    transform: [{ filter: `datum.to - datum.t > ${prepared.endSeconds * 0.05}` }],
    mark: { type: 'text', clip: true, align: 'left', dx: 5, color: 'white', fontSize: 10, fontWeight: 600 },
    encoding: { x: time(prepared), y, text: { field: 'label' } },
  }
  const rest = keysLeftOut > 0 ? `; ${keysLeftOut} partitions with fewer changes are left out` : ''
  const subtitle = `leader · leaderEpoch of each partition, as the brokers told it${rest}`
  return { name: 'leaders', title: 'Leaders', subtitle, height: { step: laneHeight }, layer: [bars, labels] }
}
