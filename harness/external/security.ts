import type { ConnectionOptions } from 'node:tls'
import type { Sasl } from '../../workloads/client/sasl.ts'
import type { Credentials } from '../client-config/jaas.ts'

/** How clients show who they are, and see whom they talk to. Neither: PLAINTEXT. */
export interface ClientSecurity {
  readonly tls?: ConnectionOptions
  readonly sasl?: Sasl
  /** What `sasl` says, for clients that say it themselves. */
  readonly login?: Credentials & { readonly mechanism: string }
}
