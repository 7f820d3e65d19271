/** The claims about the Disk. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Disk } from './disk.ts'
import type { DiskRequest } from './events.ts'
import { patterned } from './witness.testing.ts'
import type { EventOf, PortsHarness, WitnessNode } from './witness.testing.ts'

export function describeDisk(harness: () => PortsHarness): void {
  describeDiskOrder(harness)
  describeDiskModel(harness)
  describeDiskRefusals(harness)
}

/** Asks the disk and waits for the answers of all the requests made by `ask`. */
async function asked(
  harness: PortsHarness,
  node: WitnessNode,
  ask: (disk: Disk, next: () => DiskRequest) => void,
): Promise<(EventOf<'disk-done'> | EventOf<'disk-failed'>)[]> {
  const answers = (): (EventOf<'disk-done'> | EventOf<'disk-failed'>)[] =>
    node.events.filter((event) => event.kind === 'disk-done' || event.kind === 'disk-failed')
  const before = answers().length
  let request = before
  ask(node.ports.disk, () => ++request)
  expect(answers()).toHaveLength(before)
  await harness.until(() => answers().length === request)
  return answers().slice(before).sort((a, b) => a.request - b.request)
}

function describeDiskOrder(harness: () => PortsHarness): void {
  it('calls on one file take effect in the order they were made', async () => {
    const answers = await asked(harness(), harness().newNode(), (disk, next) => {
      disk.append(next(), 'a/b/log', patterned(10, 0))
      disk.append(next(), 'a/b/log', patterned(10, 10))
      disk.read(next(), 'a/b/log', 8, 4)
      disk.truncate(next(), 'a/b/log', 5)
      disk.sync(next(), 'a/b/log')
      disk.append(next(), 'a/b/log', patterned(3, 20))
      disk.read(next(), 'a/b/log', 0, 100)
      disk.replace(next(), 'a/b/log', patterned(2, 30))
      disk.read(next(), 'a/b/log', 0, 100)
      disk.append(next(), 'a/b/log', patterned(1, 40))
      disk.read(next(), 'a/b/log', 1, 100)
      disk.remove(next(), 'a/b/log')
      disk.append(next(), 'a/b/log', patterned(1, 50))
      disk.read(next(), 'a/b/log', 0, 100)
    })
    expect(answers.map((answer) => answer.kind)).toEqual(answers.map(() => 'disk-done'))
    const read = (at: number): unknown => (answers[at] as EventOf<'disk-done'>).bytes
    expect(read(2)).toEqual(Uint8Array.of(...patterned(10, 0).slice(8), ...patterned(10, 10).slice(0, 2)))
    expect(read(6)).toEqual(Uint8Array.of(...patterned(5, 0), ...patterned(3, 20)))
    expect(read(8)).toEqual(patterned(2, 30))
    expect(read(10)).toEqual(Uint8Array.of(patterned(2, 30)[1]!, patterned(1, 40)[0]!))
    expect(read(13)).toEqual(patterned(1, 50))
  })

  it('a list has the files with the prefix, sorted, with their sizes', async () => {
    const node = harness().newNode()
    await asked(harness(), node, (disk, next) => {
      disk.append(next(), 'topic-1/1.log', patterned(7, 0))
      disk.replace(next(), 'topic-1/0.mark', patterned(2, 0))
      disk.append(next(), 'topic-10/1.log', patterned(1, 0))
      disk.append(next(), 'topic-2/1.log', patterned(1, 0))
      disk.append(next(), 'gone', patterned(1, 0))
      disk.remove(next(), 'gone')
      disk.remove(next(), 'never-there')
    })
    const [some, all] = await asked(harness(), node, (disk, next) => {
      disk.list(next(), 'topic-1')
      disk.list(next(), '')
    })
    const expected = [
      { file: 'topic-1/0.mark', sizeBytes: 2 },
      { file: 'topic-1/1.log', sizeBytes: 7 },
      { file: 'topic-10/1.log', sizeBytes: 1 },
    ]
    expect(some).toMatchObject({ kind: 'disk-done', files: expected })
    expect(all).toMatchObject({ files: [...expected, { file: 'topic-2/1.log', sizeBytes: 1 }] })
  })
}

type Call =
  | { readonly call: 'append' | 'replace'; readonly bytes: Uint8Array }
  | { readonly call: 'truncate'; readonly lengthBytes: number }
  | { readonly call: 'read'; readonly position: number; readonly lengthBytes: number }
  | { readonly call: 'sync' | 'remove' }

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ call: fc.constantFrom('append', 'replace'), bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ call: fc.constant('truncate'), lengthBytes: fc.nat(60) }),
  fc.record({ call: fc.constant('read'), position: fc.nat(50), lengthBytes: fc.nat(50) }),
  fc.record({ call: fc.constantFrom('sync', 'remove') }),
)

function make(disk: Disk, request: DiskRequest, file: string, call: Call): void {
  if (call.call === 'append' || call.call === 'replace') disk[call.call](request, file, call.bytes)
  else if (call.call === 'truncate') disk.truncate(request, file, call.lengthBytes)
  else if (call.call === 'read') disk.read(request, file, call.position, call.lengthBytes)
  else disk[call.call](request, file)
}

/**
 * A file as a list of bytes: does the call to it and returns the kind of the answer, or the bytes of a
 * read.
 */
class NaiveFile {
  #content: Uint8Array | undefined

  make(call: Call): string | Uint8Array {
    const content = this.#content
    if (call.call === 'append') this.#content = Uint8Array.of(...(content ?? []), ...call.bytes)
    else if (call.call === 'replace') this.#content = call.bytes
    else if (call.call === 'remove') this.#content = undefined
    else if (content === undefined) return 'disk-failed'
    else if (call.call === 'truncate') this.#content = content.slice(0, call.lengthBytes)
    else if (call.call === 'read') return content.slice(call.position, call.position + call.lengthBytes)
    return 'disk-done'
  }
}

function describeDiskModel(harness: () => PortsHarness): void {
  it('files agree with a list of bytes after any calls', async () => {
    const node = harness().newNode()
    let run = 0
    await fc.assert(fc.asyncProperty(fc.array(anyCall, { maxLength: 20 }), async (calls) => {
      const file = `any/${run++}`
      const answers = await asked(harness(), node, (disk, next) => {
        for (const call of calls) make(disk, next(), file, call)
      })
      const naive = new NaiveFile()
      expect(answers.map((one) => (one.kind === 'disk-done' && one.bytes) || one.kind))
        .toEqual(calls.map((call) => naive.make(call)))
    }), { numRuns: 60 })
  })
}

function describeDiskRefusals(harness: () => PortsHarness): void {
  it('reading, syncing and cutting a missing file fails; removing it does not', async () => {
    const answers = await asked(harness(), harness().newNode(), (disk, next) => {
      disk.read(next(), 'missing', 0, 10)
      disk.sync(next(), 'missing')
      disk.truncate(next(), 'missing', 0)
      disk.remove(next(), 'missing')
    })
    expect(answers.map((answer) => answer.kind)).toEqual(['disk-failed', 'disk-failed', 'disk-failed', 'disk-done'])
    expect(answers[0]).toMatchObject({ reason: expect.stringMatching(/^ENOENT: /) })
  })

  it('a path outside the data directory is refused', async () => {
    const paths = ['../up', '/etc/passwd', 'a/../../b', 'a//b', '', '.', 'a\0b']
    const answers = await asked(harness(), harness().newNode(), (disk, next) => {
      for (const path of paths) {
        disk.append(next(), path, patterned(1, 1))
        disk.replace(next(), path, patterned(1, 1))
        disk.read(next(), path, 0, 1)
        disk.remove(next(), path)
      }
    })
    expect(answers.map((answer) => answer.kind)).toEqual(answers.map(() => 'disk-failed'))
  })

  it('a truncation never makes a file longer', async () => {
    const answers = await asked(harness(), harness().newNode(), (disk, next) => {
      disk.append(next(), 'short', patterned(4, 4))
      disk.truncate(next(), 'short', 100)
      disk.read(next(), 'short', 0, 1000)
    })
    expect(answers[2]).toMatchObject({ kind: 'disk-done', bytes: patterned(4, 4) })
  })

  it('answers come one at a time, none of them inside the call that asked', async () => {
    const node = harness().newNode()
    let depth = 0
    let deepest = 0
    let request = 0
    const ask = (): void => {
      if (request < 50) node.ports.disk.append(++request, 'nested', patterned(1, 1))
    }
    node.react = () => {
      depth++
      deepest = Math.max(deepest, depth)
      ask()
      ask()
      depth--
    }
    ask()
    await harness().until(() => node.events.length === 50)
    expect(deepest).toBe(1)
  })
}
