import { defineConfig } from 'vitest/config'

const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    include: ['{protocol,history,ports,reference-broker,simulator,workloads,nemesis,checkers,reports,harness}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    retry: 0,
  },
})

export default config
