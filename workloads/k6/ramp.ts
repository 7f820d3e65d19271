/** From a tenth of the rate up to all of it, which then holds. */
import type { Options } from 'k6/options'
import { optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('ramp')
