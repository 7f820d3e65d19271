/** Two series of figures taken in turn, compared pair by pair, so that a machine whose speed drifts does not decide. */

export interface Ratio {
  readonly ours: number
  readonly kafka: number
  /** Ours to Kafka's, of the pairs. */
  readonly median: number
  readonly min: number
  readonly max: number
  readonly pairs: number
}

export interface Pair<T> {
  readonly ours: T
  readonly kafka: T
}

/** Throws without pairs. */
export function ratioOf<T>(pairs: readonly Pair<T>[], figure: (run: T) => number): Ratio {
  const ratios = pairs.map(({ ours, kafka }) => figure(ours) / figure(kafka))
  return {
    ours: median(pairs.map(({ ours }) => figure(ours))),
    kafka: median(pairs.map(({ kafka }) => figure(kafka))),
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    pairs: pairs.length,
  }
}

/** The lower one of two in the middle counts half. Throws on an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
