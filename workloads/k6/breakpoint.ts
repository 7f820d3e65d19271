/** Ever more, up to the rate, until a threshold is crossed: where does it break? */
import type { Options } from 'k6/options'
import { optionsOf } from './options.ts'

export { handleSummary } from './options.ts'
export { produce, read, setup } from './traffic.ts'

export const options: Options = optionsOf('breakpoint', true)
