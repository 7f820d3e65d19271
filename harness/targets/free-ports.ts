/** Ports for brokers that cannot choose their own. */
import { createServer, type Server } from 'node:net'

const host = '127.0.0.1'
const quietPortsFrom = 20_000
const quietPortsTo = 32_000

/** Ports nobody has now; held all at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => held(0)))
  return released(servers)
}

/**
 * Free ports below those the kernel gives to whoever asks for any: a broker that is down for a while must find its own
 * still free.
 */
export async function quietPorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  let port = quietPortsFrom + Math.floor(Math.random() * (quietPortsTo - quietPortsFrom))
  for (; servers.length < count; port = port >= quietPortsTo ? quietPortsFrom : port + 1) {
    const server = await held(port).catch(() => undefined)
    if (server !== undefined) servers.push(server)
  }
  return released(servers)
}

function held(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(port, host, () => done(server))
  })
}

async function released(servers: readonly Server[]): Promise<number[]> {
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
