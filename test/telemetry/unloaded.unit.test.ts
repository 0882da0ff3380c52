import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** What a module loads by itself, without being asked to: its static imports of values. */
function staticImports(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms)].map(
    ([, name = '']) => name,
  );
}

function loadedFrom(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file) || !existsSync(file)) return;
    files.add(file);
    for (const name of staticImports(file))
      if (name.startsWith('.')) visit(path.join(path.dirname(file), name));
      else packages.add(name);
  };
  visit(entry);
  return { files, packages };
}

const sdk = /^(@opentelemetry\/(?!api$)|bullmq-otel$)/;

test.each(['src/main.ts', 'src/server/main.ts', 'src/worker/main.ts'])(
  '%s loads nothing of the OpenTelemetry SDK before traces are wanted',
  (entry) => {
    const { files, packages } = loadedFrom(entry);

    expect(files).toContain('src/telemetry/tracing.ts');
    expect(packages).toContain('@opentelemetry/api');
    expect([...packages].filter((name) => sdk.test(name))).toEqual([]);
  },
);

test('what is loaded then is the SDK, so that the test above looks for the right thing', () => {
  const { packages } = loadedFrom('src/telemetry/open-tracing.ts');

  expect([...packages].filter((name) => sdk.test(name)).toSorted()).toEqual([
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/sdk-trace',
    'bullmq-otel',
  ]);
});
