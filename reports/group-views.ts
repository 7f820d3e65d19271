/** The parts of a timeline that tell of consumer groups: owners as strips, pauses as bars, lag and offsets as lines. */
import { findingColor, leaderColors, lineDashes } from './chart-style.ts'
import { backdrop, laneAxis, laneHeight, scaleOf, time, tooltip, type Spec, type View } from './chart-views.ts'
import type { Prepared } from './prepare.ts'

function colorsOf(names: readonly string[]): (string | undefined)[] {
  return names.map((_, at) => leaderColors[at % leaderColors.length])
}

function leftOut({ lanesLeftOut }: Prepared['groups']): string {
  return lanesLeftOut > 0 ? `; ${lanesLeftOut} partitions with fewer changes are left out` : ''
}

/** Partition by member over time. */
export function ownerView(prepared: Prepared): View | undefined {
  const { tenures } = prepared.groups
  if (tenures.length === 0) return undefined
  const members = [...new Set(tenures.map(({ member }) => member))]
  const place = { x: time(prepared), y: laneAxis('lane') }
  const bars: Spec = {
    data: { name: 'tenures' },
    mark: { type: 'rect', clip: true, height: { band: 0.8 }, cornerRadius: 2, opacity: 0.85, strokeWidth: 1.5, strokeDash: [3, 2] },
    encoding: {
      ...place,
      x2: { field: 'to' },
      color: { field: 'member', ...scaleOf(members, colorsOf(members)), legend: null },
      stroke: { condition: { test: "datum.ended === 'lost' || datum.ended === 'crashed'", value: findingColor }, value: null },
      tooltip: tooltip({ lane: 'partition', member: 'owner', generation: 'generation', ended: 'ended', t: 'from (s)', to: 'to (s)' }),
    },
  }
  const labels: Spec = {
    data: { name: 'tenures' },
    transform: [{ filter: `datum.to - datum.t > ${prepared.endSeconds * 0.08}` }],
    mark: { type: 'text', clip: true, align: 'left', dx: 5, color: 'white', fontSize: 10, fontWeight: 600 },
    encoding: { ...place, text: { field: 'member' } },
  }
  const subtitle = `owner of each partition, as the members say; dashed: lost or crashed${leftOut(prepared.groups)}`
  const layer = [bars, labels, ...backdrop(prepared)]
  return { name: 'owners', title: 'Partition owners', subtitle, height: { step: laneHeight }, layer }
}

export function pauseView(prepared: Prepared): View | undefined {
  const { pauses } = prepared.groups
  if (pauses.length === 0) return undefined
  const groups = [...new Set(pauses.map(({ group }) => group))]
  const bars: Spec = {
    data: { name: 'pauses' },
    mark: { type: 'rect', clip: true, height: { band: 0.7 }, cornerRadius: 2 },
    encoding: {
      x: time(prepared),
      x2: { field: 'to' },
      y: laneAxis('member'),
      color: { field: 'group', ...scaleOf(groups, colorsOf(groups)) },
      tooltip: tooltip({ member: 'member', group: 'group', ms: 'stood still (ms)', t: 'from (s)', to: 'to (s)' }),
    },
  }
  const longest = Math.max(...pauses.map(({ ms }) => ms))
  const subtitle = `from giving up the last partition until the next was given; the longest took ${longest} ms`
  return { name: 'pauses', title: 'Rebalance pauses', subtitle, height: { step: laneHeight }, layer: [...backdrop(prepared), bars] }
}

function lines(prepared: Prepared, field: string, rows: { readonly data: string; readonly dash: Spec; readonly tooltip: Spec[] }): Spec {
  const lanes = [...new Set(prepared.groups.lags.map(({ lane }) => lane))]
  return {
    data: { name: rows.data },
    mark: { type: 'line', clip: true, interpolate: 'step-after', strokeWidth: 1.5, point: { size: 8 } },
    encoding: {
      x: time(prepared),
      y: { field, type: 'quantitative', axis: { title: null, tickCount: 4, format: '~s' } },
      color: { field: 'lane', ...scaleOf(lanes, colorsOf(lanes)) },
      strokeDash: rows.dash,
      tooltip: rows.tooltip,
    },
  }
}

export function lagView(prepared: Prepared): View | undefined {
  const { lags } = prepared.groups
  if (lags.length === 0) return undefined
  const lanes = [...new Set(lags.map(({ lane }) => lane))]
  const dashes = lanes.map((_, at) => lineDashes[Math.floor(at / leaderColors.length) % lineDashes.length])
  const dash = { field: 'lane', ...scaleOf(lanes, dashes) }
  const told = tooltip({ lane: 'partition', lag: 'lag', committed: 'committed', end: 'log end', t: 'at (s)' })
  const layer = [...backdrop(prepared), lines(prepared, 'lag', { data: 'lags', dash, tooltip: told })]
  const subtitle = `log end, as the leader told it, less the committed offset${leftOut(prepared.groups)}`
  return { name: 'lag', title: 'Lag', subtitle, height: 120, layer }
}

export function committedView(prepared: Prepared): View | undefined {
  if (prepared.groups.offsets.length === 0) return undefined
  const dash = { field: 'what', ...scaleOf(['committed', 'end'], [[1, 0], [4, 3]]) }
  const told = tooltip({ lane: 'partition', what: 'which', offset: 'offset', t: 'at (s)' })
  const layer = [...backdrop(prepared), lines(prepared, 'offset', { data: 'offsets', dash, tooltip: told })]
  const subtitle = `solid: committed by the group; dashed: end of the log${leftOut(prepared.groups)}`
  return { name: 'committed', title: 'Committed and end offsets', subtitle, height: 130, layer }
}
