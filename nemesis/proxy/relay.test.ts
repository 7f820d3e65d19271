import fc from 'fast-check'
import { expect, it } from 'vitest'
import { simRandom } from '../../simulator/sim-random.ts'
import type { Link } from '../links.ts'
import { heldLimitBytes, type Outlet, type Pipe } from './pipe.ts'
import { ProxyLinks, type LateRelease } from './proxy-links.ts'
import { Relay } from './relay.ts'

/** What came out at one end of a connection, and what its other end was told. */
class Seen implements Outlet {
  bytes: number[] = []
  ending: 'end' | 'reset' | undefined
  isSourcePaused = false
  takes = true
  onBreakDown: () => void = () => undefined

  write(bytes: Uint8Array): boolean {
    if (this.ending !== undefined) throw new Error('bytes after the end')
    for (const byte of bytes) this.bytes.push(byte)
    return this.takes
  }
  end(): void {
    this.ending = 'end'
  }
  reset(): void {
    this.ending = 'reset'
  }
  pauseSource(): void {
    this.isSourcePaused = true
  }
  resumeSource(): void {
    this.isSourcePaused = false
  }
  breakDown(): void {
    this.onBreakDown()
  }
}

const there: Link = { from: 2, to: 1 }
const back: Link = { from: 1, to: 2 }

class Stage {
  readonly links: ProxyLinks
  readonly atCalled = new Seen()
  readonly atDialer = new Seen()
  readonly relay: Relay
  readonly sent: { there: number[]; back: number[] } = { there: [], back: [] }
  late: LateRelease[] = []
  #nowMs = 0

  constructor(seed: number, isProbe = false) {
    this.links = new ProxyLinks(simRandom(seed))
    const options = { links: this.links, brokerIds: [1, 2, 3], to: 1, isProbe }
    this.relay = new Relay(options, { there: this.atCalled, back: this.atDialer })
    const onBreakDown = (): void => {
      this.relay.drop()
      this.atCalled.reset()
      this.atDialer.reset()
    }
    this.atCalled.onBreakDown = onBreakDown
    this.atDialer.onBreakDown = onBreakDown
  }

  /** The first request, of broker 2's fetcher, in pieces of this size. */
  introduce(pieceBytes: number): void {
    const clientId = Buffer.from('broker-2-fetcher-0')
    const request = Buffer.alloc(14 + clientId.length + 3)
    request.writeInt32BE(request.length - 4)
    request.writeInt16BE(clientId.length, 12)
    request.set(clientId, 14)
    for (let at = 0; at < request.length; at += pieceBytes) this.dial(request.subarray(at, at + pieceBytes))
  }

  dial(bytes: Uint8Array): void {
    this.sent.there.push(...bytes)
    this.relay.dialled(bytes)
  }

  answer(bytes: Uint8Array): void {
    this.sent.back.push(...bytes)
    this.relay.back.data(bytes)
  }

  cut(link: Link): void {
    this.links.cut([link], this.#nowMs++)
  }

  heal(link: Link): void {
    this.late.push(...this.links.heal([link], this.#nowMs++).late)
  }

  releaseAll(): void {
    for (const { pipe } of this.late.splice(0)) pipe.release()
  }

  get isBroken(): boolean {
    return this.atCalled.ending === 'reset'
  }
}

/** A seed whose first heal resets nothing, and one whose first heal resets everything. */
function seedThat(resets: boolean): number {
  for (let seed = 0; ; seed++) {
    const probe = new Stage(seed)
    probe.introduce(100)
    probe.cut(there)
    probe.dial(Uint8Array.of(1))
    probe.heal(there)
    if (probe.isBroken === resets) return seed
  }
}

const anyAct = fc.oneof(
  fc.record({ act: fc.constantFrom('dial' as const, 'answer' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 5 }) }),
  fc.record({ act: fc.constantFrom('cut' as const, 'heal' as const), link: fc.constantFrom(there, back) }),
  fc.record({ act: fc.constant('release' as const), at: fc.nat(3) }),
)

it('what comes out is always a beginning of what went in; nothing passes a cut; after healing all of it is there', () => {
  fc.assert(fc.property(fc.nat(1000), fc.integer({ min: 1, max: 40 }), fc.array(anyAct, { maxLength: 40 }), (seed, pieceBytes, acts) => {
    const stage = new Stage(seed)
    stage.introduce(pieceBytes)
    const cut = new Set<Link>()
    for (const each of acts) {
      const before = { there: stage.atCalled.bytes.length, back: stage.atDialer.bytes.length }
      if (stage.isBroken) break
      if (each.act === 'dial') stage.dial(each.bytes)
      if (each.act === 'answer') stage.answer(each.bytes)
      if (each.act === 'release') stage.late.splice(each.at, 1)[0]?.pipe.release()
      if (each.act === 'cut' || each.act === 'heal') stage[each.act](each.link)
      if (each.act === 'cut') cut.add(each.link)
      if (each.act === 'heal') cut.delete(each.link)
      expect(stage.atCalled.bytes).toEqual(stage.sent.there.slice(0, stage.atCalled.bytes.length))
      expect(stage.atDialer.bytes).toEqual(stage.sent.back.slice(0, stage.atDialer.bytes.length))
      if (cut.has(there)) expect(stage.atCalled.bytes).toHaveLength(before.there)
      if (cut.has(back)) expect(stage.atDialer.bytes).toHaveLength(before.back)
    }
    stage.heal(there)
    stage.heal(back)
    stage.releaseAll()
    const lost = stage.isBroken
    if (!lost) expect([stage.atCalled.bytes, stage.atDialer.bytes]).toEqual([stage.sent.there, stage.sent.back])
    const traffic = stage.links.traffic([there, back])
    expect(traffic.map(({ movedBytes }) => movedBytes)).toEqual([stage.atCalled.bytes.length, stage.atDialer.bytes.length])
    expect(traffic.map(({ heldBytes }) => heldBytes)).toEqual([0, 0])
  }), { numRuns: 500 })
})

it('a cut holds one direction only, and says how much', () => {
  const stage = new Stage(1)
  stage.introduce(100)
  const introduced = stage.atCalled.bytes.length
  stage.cut(there)
  stage.dial(Uint8Array.of(1, 2, 3))
  stage.answer(Uint8Array.of(4, 5))
  expect(stage.links.traffic([there, back])).toEqual([
    { movedBytes: introduced, heldBytes: 3 },
    { movedBytes: 2, heldBytes: 0 },
  ])
})

it('a connection dialled under a cut is taken and hears nothing, and its first request comes late', () => {
  const stage = new Stage(seedThat(false))
  stage.cut(there)
  stage.introduce(7)
  expect(stage.atCalled.bytes).toEqual([])
  stage.heal(there)
  expect(stage.atCalled.bytes).toEqual([])
  stage.releaseAll()
  expect(stage.atCalled.bytes).toEqual(stage.sent.there)
})

it('the end of a stream waits behind what is held, and a reset is not heard through a cut', () => {
  for (const ending of ['end', 'reset'] as const) {
    const stage = new Stage(seedThat(false))
    stage.introduce(100)
    stage.cut(there)
    stage.dial(Uint8Array.of(9))
    stage.relay.dialerEnded(ending)
    expect(stage.atCalled.ending).toBeUndefined()
    stage.heal(there)
    stage.releaseAll()
    expect(stage.atCalled.bytes.at(-1)).toBe(9)
    expect(stage.atCalled.ending).toBe(ending)
  }
})

it('a heal may reset a held connection: both ends learn it, and what was held never comes', () => {
  const stage = new Stage(seedThat(true))
  stage.introduce(100)
  const introduced = stage.atCalled.bytes.length
  stage.cut(there)
  stage.cut(back)
  stage.dial(Uint8Array.of(1))
  stage.answer(Uint8Array.of(2))
  const { held } = stage.links.heal([there], 10)
  expect(held).toEqual([{ heldBytes: 1, connections: 1, resetConnections: 1 }])
  expect([stage.atCalled.ending, stage.atDialer.ending]).toEqual(['reset', 'reset'])
  expect(stage.atCalled.bytes).toHaveLength(introduced)
  expect(stage.links.traffic([back])[0]!.heldBytes).toBe(0)
})

it('what comes late comes no later than the cut was long', () => {
  fc.assert(fc.property(fc.nat(500), fc.integer({ min: 0, max: 60_000 }), (seed, cutMs) => {
    const links = new ProxyLinks(simRandom(seed))
    links.cut([there], 5)
    const relay = new Relay({ links, brokerIds: [1, 2], to: 1, isProbe: false }, { there: new Seen(), back: new Seen() })
    relay.dialerEnded('end')
    for (const { lateMs } of links.heal([there], 5 + cutMs).late) expect(lateMs).toBeLessThanOrEqual(Math.min(cutMs, 15_000))
  }))
})

it('probes are seen as held, and are not counted among what a healed link had held', () => {
  const stage = new Stage(1, true)
  stage.cut(there)
  stage.introduce(100)
  expect(stage.links.traffic([there])[0]!.heldBytes).toBeGreaterThan(0)
  expect(stage.links.heal([there], 1)).toEqual({ held: [{ heldBytes: 0, connections: 0, resetConnections: 0 }], late: [] })
})

it('the source is read no further while too much is held, or the receiver does not take more', () => {
  const stage = new Stage(seedThat(false))
  stage.introduce(100)
  stage.cut(there)
  stage.relay.dialled(new Uint8Array(heldLimitBytes - 1))
  expect(stage.atCalled.isSourcePaused).toBe(false)
  stage.relay.dialled(new Uint8Array(1))
  expect(stage.atCalled.isSourcePaused).toBe(true)
  stage.atCalled.takes = false
  stage.heal(there)
  stage.releaseAll()
  expect(stage.atCalled.isSourcePaused).toBe(true)
  stage.relay.there.drained()
  expect(stage.atCalled.isSourcePaused).toBe(false)
})

it('a release that comes when the link is cut again lets nothing go', () => {
  const stage = new Stage(seedThat(false))
  stage.introduce(100)
  stage.cut(there)
  stage.dial(Uint8Array.of(1))
  stage.heal(there)
  stage.cut(there)
  const pipes: Pipe[] = stage.late.map(({ pipe }) => pipe)
  stage.releaseAll()
  expect(stage.links.traffic([there])[0]!.heldBytes).toBe(1)
  expect(pipes).toEqual([stage.relay.there])
})
