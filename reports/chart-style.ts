/** Colours, shapes, dashes and type of the charts, in one place. */

/** What became of an operation, each told by colour and by shape or dash. */
export const outcomes = {
  names: ['ok', 'info', 'fail'],
  colors: ['#3a86b7', '#d08a1d', '#d64550'],
  shapes: ['circle', 'triangle-up', 'cross'],
  dashes: [[1, 0], [6, 2], [2, 2]],
} as const

export const quantiles = {
  names: ['p50', 'p95', 'p99', 'max'],
  colors: ['#3a86b7', '#6a7fd0', '#9a6cc4', '#c05c9c'],
  dashes: [[1, 0], [8, 2], [4, 2], [1.5, 2]],
} as const

/** Of a load tool's own numbers. */
export const loadQuantiles = {
  names: ['p50', 'p99', 'max'],
  colors: ['#3a86b7', '#9a6cc4', '#c05c9c'],
  dashes: [[1, 0], [4, 2], [1.5, 2]],
} as const

export const loadOutcomes = {
  names: ['acknowledged', 'not acknowledged', 'dropped'],
  colors: ['#3a86b7', '#d64550', '#d08a1d'],
  dashes: [[1, 0], [2, 2], [6, 2]],
} as const

/** How whole an in-sync set is. */
export const inSyncStates = {
  names: ['whole', 'reduced', 'below minimum'],
  colors: ['#4f8a5b', '#c0842c', '#d64550'],
} as const

export const faultColor = '#b98a2f'
export const findingColor = '#dc3c4c'
export const noLeaderColor = '#8b9099'
export const leaderColors: readonly string[] = [
  '#3f79a8', '#b5652f', '#4f8a5b', '#86619b', '#a3742c', '#3f8587', '#a6526a', '#66758c',
]

/** For lines of many partitions: a colour comes again with another dash. */
export const lineDashes: readonly (readonly number[])[] = [[1, 0], [6, 3], [2, 2]]

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
const ink = 'currentColor'

/** `currentColor` follows the page into its dark and printed forms. */
export const chartConfig: Readonly<Record<string, unknown>> = {
  font,
  background: 'transparent',
  view: { stroke: null },
  axis: {
    labelColor: ink,
    titleColor: ink,
    tickColor: ink,
    domainColor: ink,
    gridColor: ink,
    gridOpacity: 0.12,
    domainOpacity: 0.4,
    tickOpacity: 0.4,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    labelLimit: 118,
  },
  axisY: { minExtent: 118, maxExtent: 118 },
  legend: { orient: 'top', labelColor: ink, titleColor: ink, labelFontSize: 11, symbolSize: 60, offset: 4 },
  title: {
    anchor: 'start',
    color: ink,
    fontSize: 13,
    fontWeight: 600,
    subtitleColor: ink,
    subtitleFontSize: 11,
    subtitlePadding: 3,
    offset: 6,
  },
  text: { color: ink, fontSize: 11 },
}
