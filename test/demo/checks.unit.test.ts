import { describe, expect, test } from 'vitest';
import { problemsOfRollback, problemsOfSuccess } from '../../demo/checks.ts';
import type { Evidence } from '../../demo/evidence.ts';
import type { SandboxObject } from '../../sandbox/control/objects.ts';
import type { JournalEntry } from '../../sandbox/journal.ts';
import { renderSections, rollbackSections, successSections } from '../../demo/summary.ts';
import { resource, shownWith } from './shown.ts';

const kinds = ['supabase.project', 'github.repository', 'vercel.project', 'n8n.workflow'] as const;
type Kind = (typeof kinds)[number] | 'vercel.deployment';

function object(kind: Kind, details: Record<string, unknown> = {}): SandboxObject {
  return {
    provider: 'github',
    kind,
    id: `id of ${kind}`,
    name: `name of ${kind}`,
    createdAt: '',
    foreign: false,
    details,
  };
}

function effect(kind: 'created' | 'deleted', objectKind: Kind): JournalEntry {
  return {
    sequence: 0,
    receivedAt: '',
    at: '',
    provider: 'github',
    operation: '',
    method: '',
    path: '',
    requestBody: undefined,
    status: 200,
    outcome: 'answered',
    effect: kind,
    objectKind,
    objectId: `id of ${objectKind}`,
  };
}

const success: Evidence = {
  shown: shownWith({
    status: 'succeeded',
    done: true,
    resources: kinds.map((kind) => resource(kind, 'live')),
  }),
  objects: [
    object('supabase.project', { status: 'ACTIVE_HEALTHY' }),
    object('github.repository'),
    object('vercel.project'),
    object('vercel.deployment', { readyState: 'READY' }),
    object('n8n.workflow', { registered: true }),
  ],
  journal: [],
  tables: { count: 36, unsecured: 0 },
  isSampleSchema: true,
  callbacks: [{ id: '1', type: 'provisioning.succeeded' }],
};

const rollback: Evidence = {
  shown: shownWith({
    status: 'failed',
    rollback: { status: 'completed' },
    done: true,
    resources: kinds.map((kind) => resource(kind, 'deleted')),
    failure: { step: 'n8n-webhooks', code: 'provider-rejected', message: 'no' },
  }),
  objects: [],
  journal: [
    ...kinds.slice(0, 3).map((kind) => effect('created', kind)),
    effect('created', 'vercel.deployment'),
    effect('created', 'n8n.workflow'),
    ...kinds.toReversed().map((kind) => effect('deleted', kind)),
  ],
  tables: undefined,
  isSampleSchema: true,
  callbacks: [
    { id: '1', type: 'provisioning.failed' },
    { id: '2', type: 'provisioning.rolled_back' },
  ],
};

describe('a sample that was to succeed', () => {
  test('is well when every provider has its part', () => {
    expect(problemsOfSuccess(success)).toEqual([]);
  });

  test.each(kinds)('is not well without the %s at its provider', (kind) => {
    const objects = success.objects.filter((candidate) => candidate.kind !== kind);
    expect(problemsOfSuccess({ ...success, objects })).toContain(
      `the ${kind} that the API lists is not at the provider`,
    );
  });

  test.each([
    ['two of a kind', { objects: [...success.objects, object('vercel.project')] }],
    ['no tables', { tables: { count: 0, unsecured: 0 } }],
    ['a table without row-level security', { tables: { count: 36, unsecured: 1 } }],
    ['no callback', { callbacks: [] }],
    ['a callback with a wrong signature', { callbacks: [{ id: '1', type: undefined }] }],
    ['another end', { shown: rollback.shown }],
  ])('is not well with %s', (_what, change) => {
    expect(problemsOfSuccess({ ...success, ...change })).not.toEqual([]);
  });

  test('is well when its callback came twice', () => {
    const callbacks = [...success.callbacks, ...success.callbacks];
    expect(problemsOfSuccess({ ...success, callbacks })).toEqual([]);
  });

  test('the summary shows all five parts', () => {
    const text = renderSections(successSections(success));
    for (const kind of kinds) expect(text).toContain(`id of ${kind}`);
    expect(text).toContain('36 tables, all with row-level security');
    expect(text).toContain('signature valid');
  });
});

describe('a sample that was to fail', () => {
  test('is well when everything was undone in reverse order', () => {
    expect(problemsOfRollback(rollback, 'n8n-webhooks')).toEqual([]);
  });

  test.each([
    [
      'the order of making',
      {
        journal: rollback.journal
          .toSorted((a, b) => (a.effect < b.effect ? -1 : 1))
          .with(4, effect('deleted', 'supabase.project')),
      },
    ],
    ['one deletion missing', { journal: rollback.journal.slice(0, -1) }],
    ['nothing made', { journal: [] }],
    ['something left', { objects: [object('github.repository')] }],
    ['another end', { shown: success.shown }],
    ['one callback missing', { callbacks: rollback.callbacks.slice(0, 1) }],
  ])('is not well with %s', (_what, change) => {
    expect(problemsOfRollback({ ...rollback, ...change }, 'n8n-webhooks')).not.toEqual([]);
  });

  test('is not well when it failed elsewhere', () => {
    expect(problemsOfRollback(rollback, 'github-repo')).toEqual([
      'it failed at n8n-webhooks, not at github-repo',
    ]);
  });

  test('the summary shows the order of the deletions', () => {
    const text = renderSections(rollbackSections(rollback));
    const places = kinds.toReversed().map((kind) => text.indexOf(`id of ${kind}`));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('nothing');
  });
});
