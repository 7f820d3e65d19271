/**
 * A network of its own for each cluster, with addresses that are known beforehand and stay: brokers name each other by
 * them, and rules for packets do, too. Published ports of its containers are on loopback only.
 */
import type { Docker } from './docker.ts'

export interface ClusterNetwork {
  readonly name: string
  /** Of this machine, as the containers see it. */
  readonly gateway: string
  /** The nth address for containers, from 1. */
  readonly address: (n: number) => string
}

const tries = 5
/** The first addresses of a subnet are the engine's. */
const firstHost = 10

/** Docker only takes fixed addresses in a subnet that was asked for, so it is asked for one that it has just found free. */
export async function makeNetwork(docker: Docker, name: string, labels: Readonly<Record<string, string>>): Promise<ClusterNetwork> {
  const make = (subnet?: string): Promise<Docker.Network> =>
    docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      Labels: { ...labels },
      Options: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' },
      ...(subnet !== undefined && { IPAM: { Config: [{ Subnet: subnet }] } }),
    })
  for (let left = tries; ; left--) {
    const free = await make()
    const subnet = await subnetOf(free)
    await free.remove()
    try {
      await make(subnet)
      return addressesIn(name, subnet)
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

async function subnetOf(network: Docker.Network): Promise<string> {
  const { IPAM } = (await network.inspect()) as { IPAM: { Config: { Subnet: string }[] } }
  return IPAM.Config.find(({ Subnet }) => Subnet.includes('.'))!.Subnet
}

function addressesIn(name: string, subnet: string): ClusterNetwork {
  const [a, b, c] = subnet.split('.')
  const address = (last: number): string => `${a}.${b}.${c}.${last}`
  return { name, gateway: address(1), address: (n) => address(firstHost + n) }
}
