/** How a broker process ends; a supervisor can tell the cases apart without reading logs. */
export const exitCodes = {
  /** Asked to stop, and did. */
  stopped: 0,
  /**
   * Could not start or could not go on: directory in use or not writable, port taken, disk failed, stopped
   * too slowly.
   */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 64,
  /** A mistake in the broker itself. */
  crashed: 70,
} as const
