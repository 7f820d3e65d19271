import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    include: ['{protocol,history,ports,reference-broker,simulator,workloads,nemesis,checkers,reports,harness}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    retry: 0,
    // The hundreds of commands and brokers that tests start are compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)) },
  },
})

export default config
