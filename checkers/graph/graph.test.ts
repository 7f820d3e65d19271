/** Components and cycles against the plainest way to find them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { componentsOf } from './components.ts'
import { EdgeList, Graph } from './edges.ts'
import { shortestPath } from './shortest-path.ts'

const nodes = 12
const pairs = fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: 30 })

function listOf(edges: readonly (readonly [number, number])[]): EdgeList {
  const list = new EdgeList()
  for (const [at, [from, to]] of edges.entries()) list.add(from, to, at)
  return list
}

function reaches(edges: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const reached = new Set(edges.filter(([a]) => a === from).map(([, b]) => b))
  for (let size = 0; size !== reached.size;) {
    size = reached.size
    for (const [a, b] of edges) if (reached.has(a)) reached.add(b)
  }
  return reached.has(to)
}

describe('components', () => {
  it('hold two nodes together exactly when each reaches the other', () => {
    fc.assert(fc.property(pairs, pairs, (one, other) => {
      const { of } = componentsOf(new Graph(nodes, [listOf(one), listOf(other)]))
      const all = [...one, ...other]
      for (let a = 0; a < nodes; a++) {
        for (let b = 0; b < nodes; b++) {
          if (a === b) continue
          expect(of[a] === of[b] && of[a] !== -1, `${a} ${b}`).toBe(reaches(all, a, b) && reaches(all, b, a))
        }
      }
    }))
  })

  it('take a path of a million nodes, and a circle of them', () => {
    const size = 1_000_000
    const list = new EdgeList()
    for (let node = 0; node + 1 < size; node++) list.add(node, node + 1, node)
    expect(componentsOf(new Graph(size, [list])).count).toBe(0)
    list.add(size - 1, 0, 0)
    const { of, count } = componentsOf(new Graph(size, [list]))
    expect([count, of[0], of[size - 1]]).toEqual([1, 0, 0])
  })
})

describe('a graph', () => {
  it('finds each edge again by its list and number', () => {
    fc.assert(fc.property(pairs, pairs, (one, other) => {
      const lists = [one, other]
      const graph = new Graph(nodes, lists.map(listOf))
      const named: string[] = []
      for (let node = 0; node < nodes; node++) {
        for (let at = graph.start[node]!; at < graph.start[node + 1]!; at++) {
          const { list, edge } = graph.nameOf(at)
          expect(lists[list]![edge]).toEqual([node, graph.to[at]])
          named.push(`${list} ${edge}`)
        }
      }
      expect(new Set(named).size).toBe(one.length + other.length)
    }))
  })

  it('has a shortest path within a component, on which free nodes cost nothing', () => {
    // 0 → 1 → 2 → 3 → 0, and 0 → 4 → 5 → 6 → 3 over free nodes.
    const edges = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 4], [4, 5], [5, 6], [6, 3]] as const
    const graph = new Graph(7, [listOf(edges)])
    const { of: component } = componentsOf(graph)
    const path = (isFree: (node: number) => boolean): unknown => {
      return shortestPath({ graph, component, isFree }, [0, 3], 100)?.map(edge => graph.nameOf(edge).edge)
    }
    expect(path(() => false)).toEqual([0, 1, 2])
    expect(path(node => node > 3)).toEqual([4, 5, 6, 7])
    expect(shortestPath({ graph, component, isFree: () => false }, [0, 3], 1)).toBeUndefined()
  })
})
