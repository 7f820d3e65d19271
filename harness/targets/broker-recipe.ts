/** What differs between kinds of broker processes; everything else a ProcessCluster does alike for all. */
import { exitCodes } from '../../reference-broker/shell/exit-codes.ts'

export interface Bound {
  readonly listener: string
  readonly port: number
}

export interface BrokerRecipe {
  /** The program and its arguments. */
  readonly command: (configFile: string) => readonly string[]
  /** `clockFile`: what its wall clock is to be off by (ports/node/clock-skew.ts). */
  readonly environment: (clockFile: string) => Readonly<Record<string, string>>
  /** Settings beside those of the cluster. */
  readonly settings: Readonly<Record<string, string>>
  /** Makes a new data directory ready. Rejects with an Error whose message is one sentence. */
  readonly format?: (configFile: string) => Promise<void>
  /** It cannot be sent to port 0: nobody would learn where it listens. */
  readonly needsFixedPorts: boolean
  /** What a line of its output says of a listener; `listenerAt` knows the fixed ports. */
  readonly boundBy: (line: string, listenerAt: (port: number) => string | undefined) => Bound | undefined
  /** It has started when these are bound; others may have to wait for the quorum. */
  readonly startedBy: 'all listeners' | 'controller'
  /** False when nothing puts its clock wrong here. */
  readonly readsClockFile: boolean
  readonly exitCodes: { readonly stopped: number; readonly refused: number | undefined }
}

/** Our own broker, started by `command` and `--config FILE`. */
export function referenceBroker(command: readonly string[]): BrokerRecipe {
  return {
    command: (configFile) => [...command, '--config', configFile],
    environment: (clockFile) => ({ CLOCK_SKEW_FILE: clockFile }),
    settings: {},
    needsFixedPorts: false,
    boundBy: (line) => {
      const [, listener, port] = /^listening (\S+) \S+:(\d+)$/.exec(line) ?? []
      return listener === undefined ? undefined : { listener, port: Number(port) }
    },
    startedBy: 'all listeners',
    readsClockFile: true,
    exitCodes: { stopped: exitCodes.stopped, refused: exitCodes.usage },
  }
}
