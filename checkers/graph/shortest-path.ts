/** The shortest way between two nodes of one component, counted in nodes that are not free to pass. */
import { none } from '../index/codes.ts'
import type { Graph } from './edges.ts'

export interface PathInput {
  readonly graph: Graph
  /** By node: the component; ways lead through one only. */
  readonly component: Int32Array
  /** Whether passing a node costs nothing. */
  readonly isFree: (node: number) => boolean
}

/** Edges of the graph from one node to another, in order; undefined when there is no way, or none within `most` nodes looked at. */
export function shortestPath({ graph, component, isFree }: PathInput, [from, to]: readonly [number, number], most: number): number[] | undefined {
  /** By node reached: the edge by which it was, and from where. */
  const cameBy = new Map<number, readonly [edge: number, before: number]>()
  cameBy.set(from, [none, none])
  let level = [from]
  while (level.length > 0 && cameBy.size <= most) {
    const next: number[] = []
    for (let node = level.pop(); node !== undefined; node = level.pop()) {
      if (node === to) return edgesTo(to, cameBy)
      for (let edge = graph.start[node]!; edge < graph.start[node + 1]!; edge++) {
        const target = graph.to[edge]!
        if (component[target] !== component[from] || cameBy.has(target)) continue
        cameBy.set(target, [edge, node])
        if (isFree(target)) level.push(target)
        else next.push(target)
      }
    }
    level = next
  }
  return level.includes(to) ? edgesTo(to, cameBy) : undefined
}

function edgesTo(to: number, cameBy: ReadonlyMap<number, readonly [edge: number, before: number]>): number[] {
  const edges: number[] = []
  for (let [edge, before] = cameBy.get(to)!; edge !== none; [edge, before] = cameBy.get(before)!) edges.push(edge)
  return edges.reverse()
}
