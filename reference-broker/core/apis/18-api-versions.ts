/**
 * ApiVersions v0-4 (KIP-35, KIP-511): what this listener serves. Advertises exactly what has a handler here.
 * v3+ tells features too; below v4 clients refuse supported ones whose minimum is 0, so these are left out (KIP-1022).
 * v3+ carries the client's software name and version, which must look like one (INVALID_REQUEST otherwise).
 */
import { apis, type AnyApi } from '../../../protocol/apis.ts'
import { encodeResponse } from '../../../protocol/frames.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { features, finalizedFeaturesEpoch } from '../features.ts'
import { handler, type Handler } from '../server/server.ts'

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

const zeroMinimumSinceVersion = 4

/** `served` is asked at each request, because the list includes this handler itself. */
export function apiVersionsHandler(served: () => readonly AnyApi[]): Handler {
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
    const supported = features.filter(({ min }) => min > 0 || context.apiVersion >= zeroMinimumSinceVersion)
    return respond({
      errorCode: errorCode.NONE,
      apiKeys,
      supportedFeatures: supported.map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
      finalizedFeaturesEpoch,
      finalizedFeatures: features.map(({ name, max }) => ({ name, maxVersionLevel: max, minVersionLevel: max })),
    })
  })
}

/** What a version nobody here knows is answered with: the v0 layout, naming only the versions of this API. */
export function unknownApiVersions(correlationId: number): Uint8Array {
  const { key: apiKey, versions } = apis.ApiVersions
  return encodeResponse(apis.ApiVersions, 0, correlationId, {
    errorCode: errorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey, minVersion: versions.min, maxVersion: versions.max }],
  })
}
