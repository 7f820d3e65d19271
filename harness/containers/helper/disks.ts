/**
 * The keeper's part of the helper: disks as files behind loop devices. It mounts one beside its broker's own mount of it (the
 * same file system, twice), tells what is in it, and has the kernel shut it down without a flush (EXT4_IOC_SHUTDOWN,
 * NOLOGFLUSH): every later write fails, and what was not synced never arrives. Needs SYS_ADMIN and the loop devices, no more.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { disksDirectory, type LostBytes } from './messages.ts'

/** By path: how long the file is, and a checksum of each of its blocks. */
type Census = ReadonlyMap<string, { readonly sizeBytes: number; readonly blocks: readonly number[] }>

const blockBytes = 4096
const pieceBytes = 1 << 20
const unmountTries = 40
const loopMajor = 7
const shutdown = 'open(my $f, "<", $ARGV[0]) or die "open: $!"; my $how = pack("I", 2); ioctl($f, 0x8004587d, $how) or die "ioctl: $!"'

interface Disk {
  readonly device: string
  /** While it is open the device stays attached; once all that have it open are gone, the kernel lets it go. */
  readonly handle: number
}

const disks = new Map<number, Disk>()
const atCut = new Map<number, Census>()

function run(program: string, ...argv: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim()}`)
  return stdout.trim()
}

/** Answers with the device. */
export function makeDisk(disk: number, sizeMiB: number): string {
  const file = join(disksDirectory, `${disk}.img`)
  run('truncate', '--size', `${sizeMiB}M`, file)
  run('mkfs.ext4', '-q', '-F', file)
  const device = attach(file)
  disks.set(disk, { device, handle: openSync(device, 'r') })
  run('losetup', '--detach', device)
  withMounted(disk, (directory) => {
    rmSync(join(directory, 'lost+found'), { recursive: true, force: true })
    // Whoever the broker runs as must be able to write there.
    chmodSync(directory, 0o777)
  })
  return device
}

/** This container has device files of its own. */
function attach(file: string): string {
  makeNode('/dev/loop-control', 'c', [10, 237])
  for (let tries = 10; ; tries--) {
    const device = run('losetup', '--find')
    makeNode(device, 'b', [loopMajor, Number(device.replace('/dev/loop', ''))])
    const { status, stderr } = spawnSync('losetup', [device, file], { encoding: 'utf8' })
    if (status === 0) return device
    // Somebody else was quicker.
    if (tries === 0) throw new Error(`losetup: ${stderr.trim()}`)
  }
}

function makeNode(path: string, kind: 'b' | 'c', numbers: readonly [major: number, minor: number]): void {
  if (!existsSync(path)) run('mknod', path, kind, ...numbers.map(String))
}

function withMounted<T>(disk: number, look: (directory: string) => T): T {
  const directory = `/mnt/${disk}`
  mkdirSync(directory, { recursive: true })
  run('mount', '-t', 'ext4', disks.get(disk)!.device, directory)
  try {
    return look(directory)
  } finally {
    unmount(directory)
  }
}

function unmount(directory: string): void {
  for (let tries = unmountTries; ; tries--) {
    const { status, stderr } = spawnSync('umount', [directory], { encoding: 'utf8' })
    if (status === 0) return
    if (tries === 0) throw new Error(`umount: ${stderr.trim()}`)
  }
}

export function syncDisk(disk: number): null {
  withMounted(disk, (directory) => run('sync', '--file-system', directory))
  return null
}

export function cutPower(disk: number): null {
  withMounted(disk, (directory) => {
    atCut.set(disk, census(directory))
    run('perl', '-e', shutdown, directory)
  })
  return null
}

export function countLost(disk: number): LostBytes[] {
  const before = atCut.get(disk)!
  const after = withMounted(disk, census)
  return [...before].flatMap(([file, was]) => {
    const is = after.get(file)
    const lostBytes = is === undefined ? was.sizeBytes : changedBytes(was, is)
    return lostBytes === 0 && is !== undefined ? [] : [{ file, lostBytes }]
  })
}

type Counted = Census extends ReadonlyMap<string, infer Each> ? Each : never

/** Of blocks that are not what they were: all of it, or what is missing at the end of a file that is shorter now. */
function changedBytes(was: Counted, is: Counted): number {
  const keptBytes = Math.min(was.sizeBytes, is.sizeBytes)
  let bytes = was.sizeBytes - keptBytes
  was.blocks.forEach((sum, block) => {
    const wholly = Math.min((block + 1) * blockBytes, was.sizeBytes) <= keptBytes
    if (wholly && sum !== is.blocks[block]) bytes += Math.min(blockBytes, was.sizeBytes - block * blockBytes)
  })
  return bytes
}

function census(directory: string): Census {
  const all = new Map<string, Counted>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    all.set(path.slice(directory.length + 1), { sizeBytes: statSync(path).size, blocks: checksums(path) })
  }
  return all
}

function checksums(path: string): number[] {
  const piece = Buffer.alloc(pieceBytes)
  const sums: number[] = []
  const file = openSync(path, 'r')
  try {
    for (let at = 0; ;) {
      const size = readSync(file, piece, 0, pieceBytes, at)
      if (size === 0) return sums
      for (let from = 0; from < size; from += blockBytes) sums.push(crc32(piece.subarray(from, Math.min(from + blockBytes, size))))
      at += size
    }
  } finally {
    closeSync(file)
  }
}

export function releaseDisks(): null {
  for (const { handle } of disks.values()) closeSync(handle)
  disks.clear()
  return null
}
