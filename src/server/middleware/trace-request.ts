/** A span for each request: it begins the trace of what is asked for, or goes on with the caller's own. */
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { failSpan, tracer } from '../../telemetry/spans.ts';

export function traceRequest(route: { readonly method: string; readonly path: string }): RequestHandler {
  const method = route.method.toUpperCase();
  return (request, response, next) => {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer().startSpan(
      `${method} ${route.path}`,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route.path } },
      parent,
    );
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) failSpan(span, String(response.statusCode));
      span.end();
    });
    context.with(trace.setSpan(parent, span), next);
  };
}
