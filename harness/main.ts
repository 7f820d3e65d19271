#!/usr/bin/env node
/** `tribunal` of an installed package. What it loads needs the platform, so the platform is asked first. */
import { refusePlatform } from '../reference-broker/shell/platform.ts'
import { exitCodes } from './exit-codes.ts'

const refusal = refusePlatform(process.platform, process.versions.node)
if (refusal === null) await import('./cli.ts')
else {
  process.stderr.write(`${refusal}\n`)
  process.exitCode = exitCodes.usage
}
