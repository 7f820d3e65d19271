/**
 * Where the broker runs. It is asked before anything else is loaded, since what is loaded needs that
 * platform.
 */

const oldestNode = 24

/** One sentence why this is not a place to run a broker, or null. */
export function refusePlatform(platform: string, nodeVersion: string): string | null {
  if (platform !== 'linux' && platform !== 'darwin') {
    return `Tribunal runs on Linux and macOS, not on ${platform}; on Windows use WSL or the container image.`
  }
  const major = Number.parseInt(nodeVersion, 10)
  if (!(major >= oldestNode))
    return `Tribunal needs Node ${oldestNode} or newer; this is Node ${nodeVersion}.`
  return null
}
