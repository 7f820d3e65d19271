import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation as small as it is by now, for a process that takes in more than it throws away. It would
 * else grow to 200 MB; this costs about a sixth more time.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
