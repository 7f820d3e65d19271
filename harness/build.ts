/**
 * Bundles the broker process, the fault proxy and the helper's agent: loading one file is ten times faster than loading
 * its sources. Same sources, same bytes. Output is only replaced when it differs, whole and at once, so it may be
 * built while brokers start from it. For the package, where Node strips no types, all else becomes JavaScript file by file.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Packages with native code; they are loaded from node_modules, so the bundle must lie below the checkout.
 */
const nativePackages: readonly string[] = ['@node-rs/crc32', 'snappy', 'lz4-napi']

/** CommonJS packages inside a bundle call `require` for what belongs to Node. */
const requireForNode = `import { createRequire as createRequireForNode } from 'node:module'
const require = createRequireForNode(import.meta.url)`

/**
 * Builds `broker.mjs` (which asks the platform, and can be read by an older Node) and `run-broker.mjs` (all
 * the rest) into `outDir`. Returns the path of `broker.mjs`.
 */
export async function buildBroker(outDir: string): Promise<string> {
  const shell = 'reference-broker/shell'
  await bundle({ broker: `${shell}/main.ts`, 'run-broker': `${shell}/run-broker.ts` }, outDir)
  return join(outDir, 'broker.mjs')
}

/** Builds the fault proxy, `proxy.mjs`, into `outDir`. Returns its path. */
export async function buildProxy(outDir: string): Promise<string> {
  await bundle({ proxy: 'harness/proxy/main.ts' }, outDir)
  return join(outDir, 'proxy.mjs')
}

/** Builds what runs in the helper of a broker's network, `agent.mjs`, into `outDir`. Returns its path. */
export async function buildAgent(outDir: string): Promise<string> {
  await bundle({ agent: 'harness/containers/helper/main.ts' }, outDir)
  return join(outDir, 'agent.mjs')
}

/** Bundles each entry (a path from the root of the checkout) into `outDir/<name>.mjs`. */
export async function bundle(entries: Readonly<Record<string, string>>, outDir: string): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: [...nativePackages],
    banner: { js: requireForNode },
    plugins: [keepLazy, loadCodecsLate],
    logLevel: 'silent',
    write: false,
  })
  mkdirSync(outDir, { recursive: true })
  for (const { path, contents } of outputFiles) replaceIfDifferent(path, contents)
}

/** What is imported with `import()` stays a file of its own. */
const keepLazy: Plugin = {
  name: 'keep lazy imports',
  setup({ onResolve }) {
    onResolve({ filter: /^[.].*[.]ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: path.replace(/[.]ts$/, '.mjs'), external: true } : undefined,
    )
  },
}

/** What is used of codecs that few batches need. */
const lateCodecs: Readonly<Record<string, readonly string[]>> = {
  snappy: ['compressSync', 'uncompressSync'],
  'lz4-napi': ['compressFrameSync', 'uncompressSync'],
}

/** Codecs with native code are loaded by the first call: a broker that needs none of them takes 7 MB less. Found they must be at once. */
const loadCodecsLate: Plugin = {
  name: 'load codecs late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(snappy|lz4-napi)$/ }, ({ path }) => ({ path, namespace: 'late' }))
    onLoad({ filter: /^/, namespace: 'late' }, ({ path }) => {
      const load = `const path = require.resolve('${path}')\nlet codec\nconst load = () => (codec ??= require(path))\n`
      const calls = lateCodecs[path]!.map((name) => `export const ${name} = (...given) => load().${name}(...given)`)
      return { contents: `${load}${calls.join('\n')}\n` }
    })
  },
}

/** Of the checkout alone: reached by `import()` from what the package has, and never asked for there. */
const leftOut: readonly string[] = ['reference-broker/defects', 'harness/build.js', 'harness/build.d.ts']

/** JavaScript and types of what tsconfig.build.json names, into `js` below `outDir`. Returns its path; throws what tsc says. */
export async function buildJavaScript(outDir: string): Promise<string> {
  const js = join(outDir, 'js')
  const draft = `${js}.${process.pid}`
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const argv = [tsc, '--project', join(root, 'tsconfig.build.json'), '--outDir', draft]
  const { status, stdout, error } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    throw error ?? new Error(stdout)
  }
  for (const path of leftOut) rmSync(join(draft, path), { recursive: true })
  rmSync(js, { recursive: true, force: true })
  renameSync(draft, js)
  return js
}

function replaceIfDifferent(file: string, contents: Uint8Array): void {
  if (sameContents(file, contents)) return
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, contents)
  renameSync(draft, file)
}

function sameContents(file: string, contents: Uint8Array): boolean {
  try {
    return Buffer.compare(readFileSync(file), contents) === 0
  } catch {
    return false
  }
}

const builds = { broker: buildBroker, proxy: buildProxy, agent: buildAgent, js: buildJavaScript }

/** `node harness/build.ts [broker] [proxy] [agent] [js]`: all of them when none is named. */
if (import.meta.main) {
  const named = process.argv.slice(2)
  for (const [name, build] of Object.entries(builds)) {
    if (named.length === 0 || named.includes(name)) process.stdout.write(`${await build(join(root, 'dist'))}\n`)
  }
}
