/**
 * ApiVersions v0-4 (KIP-35, KIP-511): what this listener serves. Advertises exactly what has a handler here.
 * v3+ tells the levels of features the cluster has agreed on (KIP-584); below v4 clients refuse supported ones whose levels begin
 * at 0, so these are left out (KIP-1022).
 * v3+ carries the client's software name and version, which must look like one (INVALID_REQUEST otherwise).
 */
import { apis, type AnyApi } from '../../../protocol/apis.ts'
import type { ApiVersionsResponseInput } from '../../../protocol/apis/18-api-versions.ts'
import { encodeResponse } from '../../../protocol/frames.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { finalizedLevel, supportedFeatures } from '../metadata/features.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { handler, type Handler } from '../server/server.ts'

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

const zeroLevelsSinceVersion = 4

/** `served` is asked at each request, because the list includes this handler itself; so is the image, which moves on. */
export function apiVersionsHandler(served: () => readonly AnyApi[], image: ClusterImage): Handler {
  return handler(apis.ApiVersions, (context, body, respond) => {
    const named = softwareName.test(body.clientSoftwareName) && softwareName.test(body.clientSoftwareVersion)
    if (context.apiVersion >= 3 && !named) {
      return respond({ errorCode: errorCode.INVALID_REQUEST, apiKeys: [] })
    }
    const apiKeys = served().map((api) => ({
      apiKey: api.key,
      minVersion: api.advertisedMin ?? api.versions.min,
      maxVersion: api.versions.max,
    }))
    return respond({ errorCode: errorCode.NONE, apiKeys, ...(context.apiVersion >= 3 && featuresOf(image, context.apiVersion)) })
  })
}

type Features = Pick<ApiVersionsResponseInput, 'supportedFeatures' | 'finalizedFeatures' | 'finalizedFeaturesEpoch'>

function featuresOf(image: ClusterImage, apiVersion: number): Features {
  const told = supportedFeatures.filter(({ minLevel }) => minLevel > 0 || apiVersion >= zeroLevelsSinceVersion)
  return {
    supportedFeatures: told.map(({ name, minLevel, maxLevel }) => ({ name, minVersion: minLevel, maxVersion: maxLevel })),
    finalizedFeatures: supportedFeatures.map((feature) => {
      const level = finalizedLevel(image.features, feature)
      return { name: feature.name, maxVersionLevel: level, minVersionLevel: level }
    }),
    finalizedFeaturesEpoch: toBigInt(image.endOffset),
  }
}

/** What a version nobody here knows is answered with: the v0 layout, naming only the versions of this API. */
export function unknownApiVersions(correlationId: number): Uint8Array {
  const { key: apiKey, versions } = apis.ApiVersions
  return encodeResponse(apis.ApiVersions, 0, correlationId, {
    errorCode: errorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey, minVersion: versions.min, maxVersion: versions.max }],
  })
}
