/** A third of the rate, of a sudden all of it, and a third again: does the backlog drain? */
import type { Options } from 'k6/options'
import { optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('spike')
