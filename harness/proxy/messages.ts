/** What the harness and its proxy process say to each other over the channel between them. */
import type { HeldByLink, LinkTraffic } from '../../nemesis/control.ts'
import type { Link, LinkEnd } from '../../nemesis/links.ts'

export interface ProxyListener {
  readonly name: string
  /** Whose listener it stands for. */
  readonly to: LinkEnd
  readonly isProbe: boolean
}

export type ProxyCommand =
  /** `record`: the file to which the wire record goes (wire-record.ts); none without. */
  | { readonly do: 'listen'; readonly brokerIds: readonly number[]; readonly seed: number; readonly listeners: readonly ProxyListener[]; readonly record?: string }
  /** Where the connections of a listener go from now on; null: nowhere, they are reset. On this machine without a host. */
  | { readonly do: 'direct'; readonly name: string; readonly port: number | null; readonly host?: string }
  | { readonly do: 'cut' | 'heal' | 'traffic'; readonly links: readonly Link[] }

export interface ProxyAnswers {
  /** Its port, by the name of the listener. */
  readonly listen: Readonly<Record<string, number>>
  readonly direct: null
  readonly cut: null
  readonly heal: readonly HeldByLink[]
  readonly traffic: readonly LinkTraffic[]
}

/** Answered in order. */
export interface ProxyAnswer {
  readonly answer: ProxyAnswers[ProxyCommand['do']]
}
