/** What is asked of Prometheus, by the dashboard and by the alarms of the manual, is what there is. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { promisedMetrics } from './promised.ts';

const dashboard = z
  .object({
    uid: z.string(),
    panels: z.array(
      z.object({
        id: z.number(),
        title: z.string(),
        gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
        targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).min(1),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('docs/grafana/client-provisioner.json', 'utf8')));

const ofPanels = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);
const ofManual = [
  ...readFileSync('docs/operations.md', 'utf8').matchAll(
    /`([^`\n]*client_provisioner_\w+\)?[^`\n]*[<>][^`\n]*)`/g,
  ),
].map(([, expr = '']) => ({ title: 'alarm', expr, legendFormat: '' }));

const promised = promisedMetrics();
/** Labels that Prometheus or a histogram adds. */
const givenLabels = ['le', 'instance'];

/** The promise behind a name in an expression. */
function promiseOf(name: string) {
  const part = promised.get(name);
  if (part !== undefined) return part.type === 'histogram' ? undefined : part;
  const whole = promised.get(name.replace(/_(bucket|sum|count)$/, ''));
  return whole?.type === 'histogram' ? whole : undefined;
}

test('there is something to check', () => {
  expect(promised.size).toBeGreaterThan(20);
  expect(ofPanels.length).toBeGreaterThan(15);
  expect(ofManual.length).toBe(6);
});

test.each([...ofPanels, ...ofManual])('$title: $expr', ({ expr, legendFormat }) => {
  const names = [...expr.matchAll(/client_provisioner_\w+/g)].map(([name]) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(promiseOf(name), name).toBeDefined();

  const known = [...givenLabels, ...names.flatMap((name) => promiseOf(name)?.labels ?? [])];
  const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  for (const label of [...grouped, ...shown]) expect(known).toContain(label);
  // Only what the outermost aggregation keeps can be shown.
  const [, kept = ''] = /by \(([^)]*)\)/.exec(expr) ?? [];
  for (const label of shown) expect(kept.split(', ')).toContain(label);
});

test('a counter is asked for its rate, a gauge for its value', () => {
  for (const { expr } of [...ofPanels, ...ofManual])
    for (const [name] of expr.matchAll(/client_provisioner_\w+/g)) {
      const isRated = expr.includes(`rate(${name}[`);
      expect(isRated, `${name} in ${expr}`).toBe(promiseOf(name)?.type !== 'gauge');
    }
});

test('every metric but the time of a start is on the dashboard', () => {
  const used = new Set(
    ofPanels.flatMap(({ expr }) =>
      [...expr.matchAll(/client_provisioner_\w+/g)].map(([name]) =>
        promised.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
      ),
    ),
  );

  expect([...promised.keys()].filter((name) => !used.has(name))).toEqual([
    'client_provisioner_process_start_time_seconds',
  ]);
});

test('panels have ids of their own and do not overlap', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );

  expect(new Set(cells).size).toBe(cells.length);
});
