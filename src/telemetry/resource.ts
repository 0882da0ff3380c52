/** The attributes of every span that tell which program it comes from. */
import type { Attributes } from '@opentelemetry/api';
import type { TracerProviderOptions } from '@opentelemetry/sdk-trace';

type Resource = NonNullable<TracerProviderOptions['resource']>;

export function serviceResource(serviceName: string): Resource {
  return resourceOf({
    'service.name': serviceName,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
  });
}

function resourceOf(attributes: Attributes): Resource {
  return {
    attributes,
    merge: (other) => resourceOf({ ...attributes, ...other?.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  };
}
