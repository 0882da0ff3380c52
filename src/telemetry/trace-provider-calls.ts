/** A span for each request to a provider, named by the provider's operation. */
import { SpanKind } from '@opentelemetry/api';
import type { ProviderCallWatch } from '../http/watch.ts';
import { failSpan, tracer } from './spans.ts';

export const traceProviderCalls: ProviderCallWatch = ({ provider, operation }) => {
  const [method = '', template = ''] = operation.split(' ');
  const span = tracer().startSpan(`${provider} ${operation}`, {
    kind: SpanKind.CLIENT,
    attributes: { 'peer.service': provider, 'http.request.method': method, 'url.template': template },
  });
  return (end) => {
    if ('failure' in end) failSpan(span, end.failure);
    else {
      span.setAttribute('http.response.status_code', end.status);
      if (end.status >= 400) failSpan(span, String(end.status));
    }
    span.end();
  };
};
