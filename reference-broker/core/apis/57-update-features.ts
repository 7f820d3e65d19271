/**
 * UpdateFeatures v0-2 (KIP-584): finalizes levels of features for the whole cluster, all that are asked for or none. The one
 * error is also told for each feature in the versions that list them. Safe and unsafe downgrades are the same here.
 * Version notes: v1 kinds of upgrade, validation only; v2 no list of features.
 */
import { apis } from '../../../protocol/apis.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponseInput } from '../../../protocol/apis/57-update-features.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { updateFeatures, type UpgradeType } from '../controller/features.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

const listsFeaturesUntilVersion = 1
/** Kafka's numbers: 2 is safe, 3 is not. */
const upgradeTypes: ReadonlyMap<number, UpgradeType> = new Map([[1, 'upgrade'], [2, 'downgrade'], [3, 'downgrade']])

export function updateFeaturesHandler(node: QuorumNode): Handler {
  return handler(apis.UpdateFeatures, ({ apiVersion }, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(answered(request, errorCode.NOT_CONTROLLER, apiVersion))
    const updates = request.featureUpdates.map(({ feature, maxVersionLevel, allowDowngrade, upgradeType }) => ({
      name: feature,
      level: maxVersionLevel,
      type: apiVersion === 0 && allowDowngrade ? 'downgrade' as const : upgradeTypes.get(upgradeType),
    }))
    const { validateOnly } = request
    return updateFeatures(controller, { updates, validateOnly }, (error, message) => {
      respond(answered(request, errorCode[error], apiVersion, message))
    })
  })
}

function answered(
  { featureUpdates }: UpdateFeaturesRequest,
  code: number,
  apiVersion: number,
  message: string | null = null,
): UpdateFeaturesResponseInput {
  const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: code, errorMessage: message }))
  return { errorCode: code, errorMessage: message, ...(apiVersion <= listsFeaturesUntilVersion && { results }) }
}

export function updateFeaturesForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.UpdateFeatures,
    timeoutMs: ({ timeoutMs }) => timeoutMs,
    wasNotController: (answer) => answer.errorCode === errorCode.NOT_CONTROLLER,
    failed: answered,
  })
}
