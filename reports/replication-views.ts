/** The parts of a timeline that tell of replication: in-sync sets as strips, high watermarks and ends of logs as lines. */
import { inSyncStates, leaderColors, lineDashes } from './chart-style.ts'
import { backdrop, laneAxis, laneHeight, scaleOf, time, tooltip, type Spec, type View } from './chart-views.ts'
import type { Prepared } from './prepare.ts'

function leftOut(keysLeftOut: number): string {
  return keysLeftOut > 0 ? `; ${keysLeftOut} partitions with fewer changes are left out` : ''
}

export function inSyncView(prepared: Prepared): View | undefined {
  const { stints, keysLeftOut, keysCutShort, minInSyncReplicas } = prepared.replication
  if (stints.length === 0) return undefined
  const data = { name: 'inSync' }
  const place = { x: time(prepared), y: laneAxis('key') }
  const { names, colors } = inSyncStates
  const bars: Spec = {
    data,
    mark: { type: 'rect', clip: true, height: { band: 0.8 }, cornerRadius: 2 },
    encoding: {
      ...place,
      x2: { field: 'to' },
      color: { field: 'state', ...scaleOf(names, colors) },
      tooltip: tooltip({ key: 'partition', members: 'in sync', state: 'which is', t: 'from (s)', to: 'to (s)' }),
    },
  }
  const labels: Spec = {
    data,
    transform: [{ filter: `datum.to - datum.t > ${prepared.endSeconds * 0.04}` }],
    mark: { type: 'text', clip: true, align: 'left', dx: 5, color: 'white', fontSize: 10, fontWeight: 600 },
    encoding: { ...place, text: { field: 'label' } },
  }
  const minimum = minInSyncReplicas === undefined ? '' : `; ! below the minimum of ${minInSyncReplicas}`
  const cutShort = keysCutShort > 0 ? `; ${keysCutShort} that changed too often end early` : ''
  const subtitle = `the in-sync set of each partition, as its leader told it${minimum}${leftOut(keysLeftOut)}${cutShort}`
  return { name: 'inSync', title: 'In-sync replicas', subtitle, height: { step: laneHeight }, layer: [bars, labels] }
}

export function watermarkView(prepared: Prepared): View | undefined {
  const { watermarks, keysLeftOut } = prepared.replication
  if (watermarks.length === 0) return undefined
  const keys = [...new Set(watermarks.map(({ key }) => key))]
  const colors = keys.map((_, at) => leaderColors[at % leaderColors.length])
  const dashes = keys.map((_, at) => lineDashes[Math.floor(at / leaderColors.length) % lineDashes.length])
  const tells = watermarks.some(({ logEndOffset }) => logEndOffset !== undefined)
  const highest = Math.max(...watermarks.map(({ highWatermark, logEndOffset = 0 }) => Math.max(highWatermark, logEndOffset)))
  const axis = { title: null, tickCount: 4, format: highest >= 1e6 ? '~s' : ',d' }
  const data = { name: 'watermarks' }
  const encoding = {
    x: time(prepared),
    color: { field: 'key', ...scaleOf(keys, colors) },
    strokeDash: { field: 'key', ...scaleOf(keys, dashes) },
    tooltip: tooltip({
      key: 'partition', highWatermark: 'high watermark', ...(tells && { logEndOffset: 'end of the log' }), leader: 'told by', t: 'at (s)',
    }),
  }
  const line = { type: 'line', clip: true, interpolate: 'step-after' }
  const ends: Spec = {
    data,
    transform: [{ filter: 'isValid(datum.logEndOffset)' }],
    mark: { ...line, strokeWidth: 3, opacity: 0.35 },
    encoding: { ...encoding, y: { field: 'logEndOffset', type: 'quantitative', axis } },
  }
  const reached: Spec = {
    data,
    mark: { ...line, strokeWidth: 1.5, point: { size: 10 } },
    encoding: { ...encoding, y: { field: 'highWatermark', type: 'quantitative', axis } },
  }
  const besides = tells ? ', and pale beside it the end of that leader\'s log' : ''
  const subtitle = `highWatermark of each partition, as its leader told it${besides}${leftOut(keysLeftOut)}`
  const layer = [...backdrop(prepared), ...(tells ? [ends] : []), reached]
  return { name: 'watermarks', title: tells ? 'High watermarks and ends of logs' : 'High watermarks', subtitle, height: 130, layer }
}
