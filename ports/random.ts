/** The only randomness a node has. In the simulator it descends from the run's one seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Uniform whole number in [0, bound). */
export function randomInt(random: Random, bound: number): number {
  return Math.floor(random.next() * bound)
}

/** Uniform whole number in [low, high], both included. */
export function randomBetween(random: Random, low: number, high: number): number {
  return low + randomInt(random, high - low + 1)
}

/** One element, each as likely. The list must not be empty. */
export function randomPick<T>(random: Random, list: readonly T[]): T {
  if (list.length === 0) throw new Error('randomPick of an empty list')
  return list[randomInt(random, list.length)]!
}

/** True with the given probability. */
export function randomChance(random: Random, probability: number): boolean {
  return random.next() < probability
}

/** `length` uniform bytes. */
export function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = randomInt(random, 256)
  return bytes
}
