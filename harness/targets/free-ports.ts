/** Ports for brokers, which must find their own still free when they were down for a while. */
import { createServer, type Server } from 'node:net'

const host = '127.0.0.1'
const quietPortsFrom = 20_000
const quietPortsTo = 32_000

/** In a row, below those the kernel gives to whoever asks for any, and none of those that are spoken for. */
export async function quietPorts(count: number, spokenFor: readonly number[] = []): Promise<number[]> {
  const first = quietPortsFrom + Math.floor(Math.random() * (quietPortsTo - quietPortsFrom - count))
  const wanted = Array.from({ length: count }, (_, i) => first + i)
  if (wanted.some((port) => spokenFor.includes(port))) return quietPorts(count, spokenFor)
  const held = await Promise.allSettled(wanted.map(hold))
  const servers = held.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return servers.length === count ? wanted : quietPorts(count, spokenFor)
}

function hold(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(port, host, () => done(server))
  })
}
