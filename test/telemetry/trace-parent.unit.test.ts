import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { readTraceParent, writeTraceParent } from '../../src/telemetry/trace-parent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

function read(text: string | undefined) {
  const context = readTraceParent(text, ROOT_CONTEXT);
  return context === undefined ? undefined : trace.getSpanContext(context);
}

test('a traceparent names a trace, its span and whether it is kept', () => {
  expect(read(`00-${traceId}-${spanId}-01`)).toEqual({
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
  expect(read(`00-${traceId}-${spanId}-00`)).toMatchObject({ traceFlags: TraceFlags.NONE });
});

test('flags that nobody knows yet change nothing', () => {
  expect(read(`00-${traceId}-${spanId}-ff`)).toMatchObject({ traceFlags: TraceFlags.SAMPLED });
  expect(read(`00-${traceId}-${spanId}-02`)).toMatchObject({ traceFlags: TraceFlags.NONE });
});

test('what was written is read again', () => {
  const text = `00-${traceId}-${spanId}-01`;

  expect(writeTraceParent(read(text) ?? { traceId: '', spanId: '', traceFlags: 0 })).toBe(text);
});

describe('no trace is named by', () => {
  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a version that does not exist', `ff-${traceId}-${spanId}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['more than there should be', `00-${traceId}-${spanId}-01-more`],
    ['two lines', `00-${traceId}-${spanId}-01\n`],
  ])('%s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });
});
