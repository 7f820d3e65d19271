/**
 * Strongly connected components after Tarjan (1972), without recursion and on typed arrays: linear in nodes and edges.
 * Two nodes are in one component exactly when a cycle goes through both.
 */
import { none } from '../index/codes.ts'
import { ints } from '../index/columns.ts'
import type { Graph } from './edges.ts'

/** By node: the number of its component, `none` when no cycle goes through it. Edges from a node to itself are none. */
export interface Components {
  readonly of: Int32Array
  readonly count: number
}

class Search {
  readonly of: Int32Array
  count = 0
  readonly #graph: Graph
  /** By node: when it was found, from 1; 0 while it was not. */
  readonly #found: Int32Array
  /** By node: the earliest found node still open that it reaches. */
  readonly #low: Int32Array
  /** By node on the path: its next edge. */
  readonly #next: Int32Array
  /** Nodes from the root to the one looked at. */
  readonly #path: Int32Array
  #depth = 0
  /** Nodes of components not complete yet. */
  readonly #open: Int32Array
  #opened = 0
  readonly #isOpen: Uint8Array
  #time = 0

  constructor(graph: Graph) {
    this.#graph = graph
    const { nodes } = graph
    this.of = ints(nodes).fill(none)
    this.#found = ints(nodes)
    this.#low = ints(nodes)
    this.#next = ints(nodes)
    this.#path = ints(nodes)
    this.#open = ints(nodes)
    this.#isOpen = new Uint8Array(nodes)
  }

  run(): void {
    const { nodes, start } = this.#graph
    for (let root = 0; root < nodes; root++) {
      if (this.#found[root] !== 0 || start[root] === start[root + 1]) continue
      this.#enter(root)
      while (this.#depth > 0) this.#step(this.#path[this.#depth - 1]!)
    }
  }

  #enter(node: number): void {
    this.#found[node] = this.#low[node] = ++this.#time
    this.#next[node] = this.#graph.start[node]!
    this.#path[this.#depth++] = node
    this.#open[this.#opened++] = node
    this.#isOpen[node] = 1
  }

  /** Follows one edge of the node, or leaves it. */
  #step(node: number): void {
    const { start, to } = this.#graph
    const end = start[node + 1]!
    let at = this.#next[node]!
    for (; at < end; at++) {
      const target = to[at]!
      if (this.#found[target] === 0) {
        this.#next[node] = at + 1
        return this.#enter(target)
      }
      if (this.#isOpen[target] === 1) this.#lower(node, this.#found[target]!)
    }
    this.#depth--
    if (this.#depth > 0) this.#lower(this.#path[this.#depth - 1]!, this.#low[node]!)
    if (this.#low[node] === this.#found[node]) this.#close(node)
  }

  #lower(node: number, found: number): void {
    if (found < this.#low[node]!) this.#low[node] = found
  }

  /** All that were opened since the node are its component. */
  #close(node: number): void {
    const isAlone = this.#open[this.#opened - 1] === node
    for (;;) {
      const member = this.#open[--this.#opened]!
      this.#isOpen[member] = 0
      if (!isAlone) this.of[member] = this.count
      if (member === node) break
    }
    if (!isAlone) this.count++
  }
}

export function componentsOf(graph: Graph): Components {
  const search = new Search(graph)
  search.run()
  return { of: search.of, count: search.count }
}
