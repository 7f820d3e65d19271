/** Settings of one broker are that broker's to change: a request for another's is refused where it arrives, as in Kafka. */
import { errorCode } from '../../../protocol/errors.ts'
import { resourceType as types } from '../controller/configs.ts'
import type { BrokerNode } from '../node.ts'

interface AskedResource {
  readonly resourceType: number
  readonly resourceName: string
}

interface AlteredAnswer extends AskedResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** The request without the resources of other brokers, and the answer with them, each in its place. */
export function splitOtherBrokers<R extends { readonly resources: readonly AskedResource[] }>(
  { config }: BrokerNode,
  request: R,
): { readonly rest: R; readonly whole: (answer: { readonly responses: readonly AlteredAnswer[] }) => { responses: AlteredAnswer[] } } {
  const { resources } = request
  const own = String(config.nodeId)
  const isOther = ({ resourceType, resourceName }: AskedResource): boolean =>
    resourceType === types.broker && resourceName !== '' && resourceName !== own
  const whole = ({ responses }: { readonly responses: readonly AlteredAnswer[] }): { responses: AlteredAnswer[] } => {
    const answers = responses.values()
    return { responses: resources.map((asked) => (isOther(asked) ? refused(own, asked) : answers.next().value!)) }
  }
  return { rest: { ...request, resources: resources.filter((asked) => !isOther(asked)) }, whole }
}

function refused(own: string, { resourceType, resourceName }: AskedResource): AlteredAnswer {
  const errorMessage = `This is broker ${own}; it cannot change the settings of ${resourceName}.`
  return { errorCode: errorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName }
}
