/** Ever more, up to the rate, until a threshold is crossed: where does it break? */
import type { Options } from 'k6/options'
import { ramps, optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('breakpoint', ramps(0, [[1, 1]]), true)
