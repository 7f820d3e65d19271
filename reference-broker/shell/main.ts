#!/usr/bin/env node
/** The broker process. What it loads needs the platform, so the platform is asked first. */
import { exitCodes } from './exit-codes.ts'
import { refusePlatform } from './platform.ts'

const refusal = refusePlatform(process.platform, process.versions.node)
if (refusal === null) {
  const { runBroker } = await import('./run-broker.ts')
  runBroker(process.argv.slice(2))
} else {
  process.stderr.write(`${refusal}\n`)
  process.exitCode = exitCodes.failed
}
