/**
 * Cycles that go through an edge of one kind: one short one of each component that has any. Linear in the graph but for
 * the few that are shown.
 */
import type { OpTable } from '../index/op-table.ts'
import { none } from '../index/codes.ts'
import { type Components, componentsOf } from './components.ts'
import { type EdgeList, Graph } from './edges.ts'
import { shortestPath } from './shortest-path.ts'

/** An edge of a cycle; `from` and `to` are positions of ops. Time that goes on between two ops is one edge. */
export interface CycleEdge {
  readonly list: EdgeList
  readonly from: number
  readonly to: number
  readonly stands: number
}

export interface Cycles {
  /** One of each component, of the first components; each begins with an edge of the first list and ends where it began. */
  readonly shown: readonly (readonly CycleEdge[])[]
  /** How many components have one beyond those. */
  readonly more: number
}

const nothing: Cycles = { shown: [], more: 0 }
/** Edges of a component that are tried for the shortest cycle. */
const triedAtMost = 64
/** Nodes that are looked at for each of them, before the search is given up and made without bound once. */
const lookedAtMost = 2000

/** By component: its first edges of the wanted kind, of the first `most` components; and how many components have any. */
function candidates(wanted: EdgeList, { of: component, count }: Components, most: number): { readonly edges: number[][]; readonly count: number } {
  const byComponent = new Map<number, number[]>()
  const hasAny = new Uint8Array(count)
  for (let edge = 0; edge < wanted.size; edge++) {
    const [from, to] = [wanted.from.data[edge]!, wanted.to.data[edge]!]
    const within = component[from]!
    if (within === none || component[to] !== within || from === to) continue
    hasAny[within] = 1
    const known = byComponent.get(within)
    if (known === undefined) {
      if (byComponent.size < most) byComponent.set(within, [edge])
    } else if (known.length < triedAtMost) known.push(edge)
  }
  return { edges: [...byComponent.values()], count: hasAny.reduce((sum, one) => sum + one, 0) }
}

class Explorer {
  readonly #graph: Graph
  readonly #component: Int32Array
  readonly #table: OpTable

  constructor(graph: Graph, component: Int32Array, table: OpTable) {
    this.#graph = graph
    this.#component = component
    this.#table = table
  }

  /** The shortest cycle through one of these edges of the first list. */
  shortest(edges: readonly number[]): CycleEdge[] {
    let shortest: CycleEdge[] | undefined
    for (const edge of edges) {
      const cycle = this.#through(edge, lookedAtMost)
      if (cycle !== undefined && cycle.length < (shortest?.length ?? Number.POSITIVE_INFINITY)) shortest = cycle
    }
    return this.#joined(shortest ?? this.#through(edges[0]!, Number.POSITIVE_INFINITY)!)
  }

  #through(edge: number, most: number): CycleEdge[] | undefined {
    const wanted = this.#graph.lists[0]!
    const [from, to] = [wanted.from.data[edge]!, wanted.to.data[edge]!]
    const isFree = (node: number): boolean => this.#isMoment(node)
    const path = shortestPath({ graph: this.#graph, component: this.#component, isFree }, [to, from], most)
    return path && [this.#edge(0, edge), ...path.map(at => this.#named(at))]
  }

  #named(at: number): CycleEdge {
    const { list, edge } = this.#graph.nameOf(at)
    return this.#edge(list, edge)
  }

  #edge(list: number, edge: number): CycleEdge {
    const edges = this.#graph.lists[list]!
    return { list: edges, from: edges.from.data[edge]!, to: edges.to.data[edge]!, stands: edges.stands.data[edge]! }
  }

  /** A completion, which stands for all that had ended by then. */
  #isMoment(node: number): boolean {
    const invocation = this.#table.invocation[node]!
    return invocation !== none && invocation !== node
  }

  /** Without the moments between ops. */
  #joined(cycle: readonly CycleEdge[]): CycleEdge[] {
    const joined: CycleEdge[] = []
    for (const edge of cycle) {
      const before = joined.at(-1)
      if (before !== undefined && this.#isMoment(before.to)) joined[joined.length - 1] = { ...before, to: edge.to }
      else joined.push(edge)
    }
    return joined
  }
}

/** Cycles over the edges of all lists that have one of the first, of at most so many components. */
export function cyclesThrough(table: OpTable, lists: readonly EdgeList[], most: number): Cycles {
  const wanted = lists[0]!
  if (wanted.size === 0 || !lists.some(({ goesBack }) => goesBack)) return nothing
  const graph = new Graph(table.type.length, lists)
  const components = componentsOf(graph)
  if (components.count === 0) return nothing
  const explorer = new Explorer(graph, components.of, table)
  const { edges, count } = candidates(wanted, components, most)
  return { shown: edges.map(each => explorer.shortest(each)), more: count - edges.length }
}
