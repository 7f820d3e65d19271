/**
 * Bundles the broker process and the fault proxy: loading one file is ten times faster than loading its
 * sources. Same sources, same bytes. Output is only replaced when it differs, whole and at once, so it may be
 * built while brokers start from it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
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
    plugins: [keepLazy],
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

if (import.meta.main) {
  for (const build of [buildBroker, buildProxy]) process.stdout.write(`${await build(join(root, 'dist'))}\n`)
}
