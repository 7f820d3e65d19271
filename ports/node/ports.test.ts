import { describePorts } from '../conformance.testing.ts'
import { conformanceFrameBytes } from '../witness.testing.ts'
import { NodeHarness } from './node-harness.testing.ts'

describePorts('the Node twins', () => new NodeHarness({ maxFrameBytes: conformanceFrameBytes }))
