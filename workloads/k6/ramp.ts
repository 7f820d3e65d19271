/** From a tenth of the rate up to all of it, which then holds. */
import type { Options } from 'k6/options'
import { ramps, optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('ramp', ramps(0.1, [[1, 0.6], [1, 0.4]]))
