/**
 * Directed edges as columns, and the graph some lists of them make together. Nodes are small whole numbers. An edge has a
 * number to find again what it stands for.
 */
import { ints, IntColumn } from '../index/columns.ts'

export class EdgeList {
  readonly from: IntColumn = new IntColumn()
  readonly to: IntColumn = new IntColumn()
  /** What the edge stands for; who made the list knows. */
  readonly stands: IntColumn = new IntColumn()
  /** True once an edge leads to a node of a lower number, or to itself: without one in any list there is no cycle. */
  goesBack = false

  get size(): number {
    return this.from.length
  }

  add(from: number, to: number, stands: number): void {
    if (to <= from) this.goesBack = true
    this.from.push(from)
    this.to.push(to)
    this.stands.push(stands)
  }
}

/** An edge by its list's place among those of a graph, and its number there. */
export interface EdgeName {
  readonly list: number
  readonly edge: number
}

export class Graph {
  readonly nodes: number
  readonly lists: readonly EdgeList[]
  /** By node: its first edge; one more at the end. */
  readonly start: Int32Array
  readonly to: Int32Array
  /** By edge of the graph: its number, counted through all lists. */
  readonly #name: Int32Array

  constructor(nodes: number, lists: readonly EdgeList[]) {
    this.nodes = nodes
    this.lists = lists
    this.start = ints(nodes + 1)
    const count = lists.reduce((sum, { size }) => sum + size, 0)
    this.to = ints(count)
    this.#name = ints(count)
    this.#fill()
  }

  #fill(): void {
    const { start, to, lists } = this
    for (const { from, size } of lists) for (let edge = 0; edge < size; edge++) start[from.data[edge]! + 1]!++
    for (let node = 0; node < this.nodes; node++) start[node + 1]! += start[node]!
    const next = start.slice()
    let before = 0
    for (const list of lists) {
      const [from, ends] = [list.from.data, list.to.data]
      for (let edge = 0; edge < list.size; edge++) {
        const at = next[from[edge]!]!++
        to[at] = ends[edge]!
        this.#name[at] = before + edge
      }
      before += list.size
    }
  }

  /** Which edge of which list an edge of the graph is. */
  nameOf(edge: number): EdgeName {
    let number = this.#name[edge]!
    let list = 0
    while (number >= this.lists[list]!.size) number -= this.lists[list++]!.size
    return { list, edge: number }
  }
}
