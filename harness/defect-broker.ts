/** A broker process with a planted defect, named by the first argument: for trials that must convict. Never shipped. */
import { withDefect } from '../reference-broker/defects/registry.ts'
import { runBroker } from '../reference-broker/shell/run-broker.ts'

const [defect, ...argv] = process.argv.slice(2)
runBroker(argv, withDefect(defect ?? ''))
