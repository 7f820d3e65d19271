/** Finds the real name a misspelled one was meant to be: the one with the smallest edit distance. */

/** The nearest of `names`; among equally near ones the first. `names` must not be empty. */
export function nearestName(wrong: string, names: readonly string[]): string {
  let nearest = names[0]
  if (nearest === undefined) throw new Error('nearestName of no names')
  let smallest = Infinity
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) >= smallest) continue
    const distance = editDistance(wrong, name)
    if (distance < smallest) {
      smallest = distance
      nearest = name
    }
  }
  return nearest
}

/** Insertions, deletions and replacements of one character that turn `from` into `to` (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[to.length]!
}
