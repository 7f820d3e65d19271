/** Where two answers differ, leaf by leaf, and the signature by which one difference is known again. */
import type { Answer, Json, JsonObject, Step } from './step.ts'

export interface LeafDifference {
  /** Field names from the top; positions in lists left out. */
  readonly path: string
  readonly a: Json | undefined
  readonly b: Json | undefined
}

export function leafDifferences(a: Json | undefined, b: Json | undefined, path = ''): LeafDifference[] {
  if (a === undefined || b === undefined || !isComposite(a) || !isComposite(b) || Array.isArray(a) !== Array.isArray(b)) {
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [{ path, a, b }]
  }
  if (Array.isArray(a) && Array.isArray(b)) return listDifferences(a, b, path)
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].flatMap((name) => leafDifferences((a as JsonObject)[name], (b as JsonObject)[name], path === '' ? name : `${path}.${name}`))
}

/** Settings are told apart by their names, everything else by its place. */
function listDifferences(a: readonly Json[], b: readonly Json[], path: string): LeafDifference[] {
  if (/(configs|synonyms)$/.test(path)) {
    const [inA, inB] = [byName(a), byName(b)]
    const names = new Set([...inA.keys(), ...inB.keys()])
    return [...names].flatMap((name) => leafDifferences(inA.get(name), inB.get(name), `${path}[${name}]`))
  }
  if (a.length !== b.length) return [{ path: `${path}[]`, a, b }]
  return a.flatMap((each: Json, i) => leafDifferences(each, b[i] as Json, `${path}[]`))
}

function byName(list: readonly Json[]): Map<string, Json> {
  return new Map(list.map((each) => [String((each as JsonObject)['name']), each]))
}

function isComposite(value: Json): value is readonly Json[] | JsonObject {
  return value !== null && typeof value === 'object'
}

export interface StepDifference {
  /** Which step of the sequence. */
  readonly at: number
  readonly step: Step
  readonly a: Answer
  readonly b: Answer
  readonly leaf: LeafDifference
  /** One line for what is the same difference whatever the numbers and names of the case. */
  readonly signature: string
}

/** APIs whose answers say nothing about what comes after them. */
const onlyReads: ReadonlySet<string> = new Set([
  'Fetch', 'ListOffsets', 'ApiVersions', 'OffsetForLeaderEpoch', 'DescribeConfigs', 'DescribeLogDirs', 'DescribeCluster',
  'DescribeQuorum', 'ListConfigResources', 'DescribeTopicPartitions', 'FindCoordinator', 'OffsetFetch', 'DescribeGroups', 'ListGroups',
  'ConsumerGroupDescribe', 'DescribeProducers', 'DescribeTransactions', 'ListTransactions',
])

/**
 * The differences of the first step that has one, and of later ones while those before only read, or did the same: what comes
 * after another outcome may follow from it.
 */
export function differencesOf(
  steps: readonly Step[],
  answers: { readonly a: readonly Answer[]; readonly b: readonly Answer[] },
): StepDifference[] {
  const found: StepDifference[] = []
  for (const [at, step] of steps.entries()) {
    const [a, b] = [answers.a[at]!, answers.b[at]!]
    const leaves = tellingLeaves(leafDifferences(a, b))
    found.push(...leaves.map((leaf) => ({ at, step, a, b, leaf, signature: signatureOf(step, leaf) })))
    if (!onlyReads.has(step.api) && leaves.some(isOutcome)) break
  }
  return found
}

/** Whether something happened or not, as against how it is described. */
function isOutcome({ path }: LeafDifference): boolean {
  return path === '' || /errorCode$/i.test(path) || path.endsWith('[]')
}

/** Where error codes differ, the rest follows from them. */
function tellingLeaves(leaves: readonly LeafDifference[]): readonly LeafDifference[] {
  const errors = leaves.filter(({ path }) => /errorCode$/i.test(path))
  return errors.length > 0 ? errors : leaves
}

function signatureOf({ api }: Step, { path, a, b }: LeafDifference): string {
  const where = path.replace(/\[[^\]]+\](?=[.]documentation$)/, '[]')
  const words = isPosition(path, a) && isPosition(path, b) ? 'one or another' : `${valueWord(a)} or ${valueWord(b)}`
  return `${api}${where === '' ? '' : ` ${where}`}: ${words}`
}

/** A number that depends on how much was done before. */
function isPosition(path: string, value: Json | undefined): boolean {
  return typeof value === 'number' && value >= 0 && /(offset|watermark|size)$/i.test(path)
}

function valueWord(value: Json | undefined): string {
  if (value === undefined) return 'absent'
  if (Array.isArray(value)) return `${value.length} of them`
  if (value !== null && typeof value === 'object') return 'a structure'
  if (typeof value === 'string') return value.replace(/^malformed.*/, 'malformed')
  return String(value)
}
