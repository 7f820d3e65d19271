/**
 * The proxy as a process of its own, so that what it does to connections does not wait for a busy harness, nor the harness
 * for it. It does what it is told over the channel it was started with, and ends when that closes.
 */
import { openSync, writeSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { ProxyLinks } from '../../nemesis/proxy/proxy-links.ts'
import { NodeRandom } from '../../ports/node/node-random.ts'
import type { ProxyAnswer, ProxyAnswers, ProxyCommand, ProxyListener } from './messages.ts'
import { proxyHost, SocketRelay, type Destination } from './socket-relay.ts'
import { WireTap } from './wire-tap.ts'

let brokerIds: readonly number[] = []
let links = new ProxyLinks(new NodeRandom())
let recordFile: number | undefined
const taps = new Set<WireTap>()
const destinations = new Map<string, Destination>()

async function obey(command: ProxyCommand): Promise<ProxyAnswers[ProxyCommand['do']]> {
  switch (command.do) {
    case 'listen':
      brokerIds = command.brokerIds
      links = new ProxyLinks(new NodeRandom(command.seed))
      recordFile = command.record === undefined ? undefined : openSync(command.record, 'a')
      return Object.fromEntries(await Promise.all(command.listeners.map(listen)))
    case 'direct':
      if (command.port === null) destinations.delete(command.name)
      else destinations.set(command.name, { host: command.host ?? proxyHost, port: command.port })
      return null
    case 'cut':
      links.cut(command.links, performance.now())
      return null
    case 'heal': {
      const { held, late } = links.heal(command.links, performance.now())
      for (const { pipe, lateMs } of late) setTimeout(() => pipe.release(), lateMs)
      return held
    }
    case 'traffic':
      return links.traffic(command.links)
  }
}

function listen({ name, to, isProbe }: ProxyListener): Promise<[name: string, port: number]> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const tap = recordFile === undefined || isProbe || to === 'clients' ? undefined : listenIn(to, recordFile)
    SocketRelay.serve(socket, { links, brokerIds, to, isProbe, destination: () => destinations.get(name), ...(tap !== undefined && { tap }) })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, proxyHost, () => resolve([name, (server.address() as AddressInfo).port]))
  })
}

/** Written at once: the proxy may have to go at any time. */
function listenIn(node: number, file: number): WireTap {
  const tap = new WireTap(node, (line) => writeSync(file, `${JSON.stringify(line)}\n`))
  taps.add(tap)
  return tap
}

process.on('message', (command: ProxyCommand) => {
  // The harness may be gone before it has its answer; `disconnect` says so.
  void obey(command).then((answer) => process.send!({ answer } satisfies ProxyAnswer, () => undefined))
})
process.on('disconnect', () => {
  for (const tap of taps) tap.end()
  process.exit()
})
