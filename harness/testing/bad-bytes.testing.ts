/**
 * What a stranger may send to a listener: bytes that are no frames, frames that are no requests, and requests of every API
 * and version with something wrong in them. Bytes are made by fast-check, so that a seed shows them again.
 */
import fc from 'fast-check'
import { apis, type AnyApi, type Listener } from '../../protocol/apis.ts'
import { encodeRequest } from '../../protocol/frames.ts'
import { arbitraryBody } from '../../protocol/testing/arbitrary-message.ts'

export interface BadBytes {
  readonly kind: string
  readonly bytes: Uint8Array
  /** What the stranger does when all is sent: waits for an answer, ends its side, or breaks the connection. */
  readonly ending: 'wait' | 'end' | 'reset'
}

const endings = fc.constantFrom<BadBytes['ending']>('wait', 'end', 'reset')
const anyBytes = fc.uint8Array({ maxLength: 300 })

/** What nodes ask of each other at a controller is believed there, in Kafka as here; changed, it could do real harm. */
const betweenNodes = new Set<number>([apis.Fetch, apis.Vote, apis.BeginQuorumEpoch, apis.EndQuorumEpoch, apis.AlterPartition,
  apis.BrokerRegistration, apis.BrokerHeartbeat, apis.AllocateProducerIds].map(({ key }) => key))

function framed(body: Uint8Array, sizeBytes: number = body.length): Uint8Array {
  const bytes = new Uint8Array(4 + body.length)
  new DataView(bytes.buffer).setInt32(0, sizeBytes)
  bytes.set(body, 4)
  return bytes
}

function header(apiKey: number, apiVersion: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, apiKey)
  view.setInt16(2, apiVersion)
  bytes.set(rest, 4)
  return bytes
}

/** Requests as they should be, without their size: every API of the listener in every version. */
function requests(listener: Listener): fc.Arbitrary<Uint8Array> {
  const served = Object.values<AnyApi>(apis).filter(({ key, listeners }) =>
    listeners.includes(listener) && (listener === 'broker' || !betweenNodes.has(key)))
  const each = served.flatMap((api) => {
    const versions = Array.from({ length: api.versions.max - api.versions.min + 1 }, (_, i) => api.versions.min + i)
    return versions.map((version) =>
      fc.tuple(arbitraryBody(api.request, version), fc.option(fc.string({ maxLength: 300 }).map((name) => `stranger ${name}`)), fc.nat()).map(([body, clientId, correlationId]) =>
        encodeRequest(api, version, { correlationId: correlationId | 0, clientId }, body as never)))
  })
  return fc.oneof(...each)
}

interface Change {
  readonly at: number
  readonly how: 'set' | 'insert' | 'drop'
  readonly byte: number
}

const changes = fc.array(fc.record<Change>({ at: fc.nat(), how: fc.constantFrom('set', 'set', 'insert', 'drop'), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 })

function changed(bytes: Uint8Array, list: readonly Change[]): Uint8Array {
  const out = [...bytes]
  for (const { at, how, byte } of list) out.splice(at % (out.length + 1), how === 'insert' ? 0 : 1, ...(how === 'drop' ? [] : [byte]))
  return Uint8Array.from(out)
}

/** A request whose last section of tagged fields, or what stands there, is replaced. */
function retagged(request: Uint8Array, tags: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const section = tags.flatMap(([tag, bytes]) => [tag & 127, bytes.length & 127, ...bytes])
  return Uint8Array.from([...request.subarray(0, -1), tags.length, ...section])
}

function kinds(listener: Listener): fc.Arbitrary<{ kind: string; bytes: Uint8Array }>[] {
  const request = requests(listener)
  const of = (kind: string, bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<{ kind: string; bytes: Uint8Array }> =>
    bytes.map((made) => ({ kind, bytes: made }))
  const sizes = fc.constantFrom(2 ** 31 - 1, 104_857_601, 104_857_600, 1 << 24)
  const negative = fc.constantFrom(-1, -2, -(2 ** 31))
  const unknown = fc.tuple(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }), fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }), anyBytes)
  const tags = fc.array(fc.tuple(fc.nat(127), fc.uint8Array({ maxLength: 20 })), { maxLength: 5 })
  return [
    of('random bytes', anyBytes),
    of('random frame', anyBytes.map((bytes) => framed(bytes))),
    of('truncated request', fc.tuple(request, fc.nat()).map(([bytes, at]) => framed(bytes.subarray(0, at % (bytes.length + 1))))),
    of('changed request', fc.tuple(request, changes).map(([bytes, list]) => framed(changed(bytes, list)))),
    of('another version', fc.tuple(request, fc.nat(20)).map(([bytes, version]) => framed(header((bytes[0]! << 8) | bytes[1]!, version, bytes.subarray(4))))),
    of('wrong tags', fc.tuple(request, tags).map(([bytes, list]) => framed(retagged(bytes, list)))),
    of('unknown API', unknown.map(([key, version, rest]) => framed(header(key, version, rest)))),
    of('huge size', fc.tuple(sizes, request).map(([size, bytes]) => framed(bytes, size))),
    of('negative size', fc.tuple(negative, anyBytes).map(([size, bytes]) => framed(bytes, size))),
    of('request', request.map((bytes) => framed(bytes))),
    of('several', fc.array(fc.tuple(request, changes, fc.boolean()), { minLength: 2, maxLength: 12 }).map((list) =>
      Buffer.concat(list.map(([bytes, how, isChanged]) => framed(isChanged ? changed(bytes, how) : bytes))))),
  ]
}

/** Half of them are cut off anywhere. */
export function badBytes(listener: Listener): fc.Arbitrary<BadBytes> {
  return fc.tuple(fc.oneof(...kinds(listener)), endings, fc.boolean(), fc.nat()).map(([{ kind, bytes }, ending, isCut, cut]) => ({
    kind: isCut ? `${kind}, cut off` : kind,
    bytes: isCut ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes,
    ending,
  }))
}
