/**
 * The proxy as a process of its own, so that what it does to connections does not wait for a busy harness, nor the harness
 * for it. It does what it is told over the channel it was started with, and ends when that closes.
 */
import { createServer, type AddressInfo } from 'node:net'
import { ProxyLinks } from '../../nemesis/proxy/proxy-links.ts'
import { NodeRandom } from '../../ports/node/node-random.ts'
import type { ProxyAnswer, ProxyAnswers, ProxyCommand, ProxyListener } from './messages.ts'
import { proxyHost, SocketRelay } from './socket-relay.ts'

let brokerIds: readonly number[] = []
let links = new ProxyLinks(new NodeRandom())
const ports = new Map<string, number>()

async function obey(command: ProxyCommand): Promise<ProxyAnswers[ProxyCommand['do']]> {
  switch (command.do) {
    case 'listen':
      brokerIds = command.brokerIds
      links = new ProxyLinks(new NodeRandom(command.seed))
      return Object.fromEntries(await Promise.all(command.listeners.map(listen)))
    case 'direct':
      if (command.port === null) ports.delete(command.name)
      else ports.set(command.name, command.port)
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
    SocketRelay.serve(socket, { links, brokerIds, to, isProbe, port: () => ports.get(name) })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, proxyHost, () => resolve([name, (server.address() as AddressInfo).port]))
  })
}

process.on('message', (command: ProxyCommand) => {
  // The harness may be gone before it has its answer; `disconnect` says so.
  void obey(command).then((answer) => process.send!({ answer } satisfies ProxyAnswer, () => undefined))
})
process.on('disconnect', () => process.exit())
