/** Two thirds of the rate for a long time. */
import type { Options } from 'k6/options'
import { optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('soak')
