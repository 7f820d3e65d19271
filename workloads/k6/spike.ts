/** A third of the rate, of a sudden all of it, and a third again: does the backlog drain? */
import type { Options } from 'k6/options'
import { ramps, optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('spike', ramps(1 / 3, [[1 / 3, 0.4], [1, 0.02], [1, 0.16], [1 / 3, 0.02], [1 / 3, 0.4]]))
