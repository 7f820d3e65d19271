/** Brokers that are not ours: nothing can be done to them, only to the links of our own clients. */
import type { BrokerControl, BrokerState } from '../../nemesis/control.ts'
import type { ProxiedLinks } from '../proxy/proxied-links.ts'

export class AttachedControl implements BrokerControl {
  readonly brokerIds: readonly number[]
  readonly links?: ProxiedLinks

  constructor(brokerIds: readonly number[], links: ProxiedLinks | undefined) {
    this.brokerIds = brokerIds
    if (links !== undefined) this.links = links
  }

  /** Nobody can tell from here; a client sees who answers. */
  state(): BrokerState {
    return 'running'
  }

  kill(): void {
    throw notOurs()
  }

  start(): void {
    throw notOurs()
  }

  pause(): void {
    throw notOurs()
  }

  resume(): void {
    throw notOurs()
  }
}

function notOurs(): Error {
  return new Error('the processes of an attached cluster are not ours')
}
