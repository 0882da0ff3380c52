import { describe, expect, test } from 'vitest';
import { createRouter } from '../../sandbox/routing.ts';
import { likePattern } from '../../sandbox/n8n/find.ts';
import { redact } from '../../sandbox/redact.ts';
import { describeSqlError } from '../../sandbox/supabase/query.ts';
import { fastTiming } from '../../sandbox/timing.ts';
import { progressOf } from '../../sandbox/vercel/deployment-progress.ts';
import type { Deployment } from '../../sandbox/vercel/state.ts';
import { textLike } from './matchers.ts';

describe('routes', () => {
  const handle = () => ({ status: 200 });
  const router = createRouter([
    { name: 'fixed', method: 'GET', path: '/projects/regions', handle },
    { name: 'one', method: 'GET', path: '/projects/:ref', handle },
    { name: 'rest', method: 'GET', path: '/files/:path+', handle },
  ]);
  const match = (path: string) => {
    const route = router.match('GET', path);
    return route && [route.operation.name, route.parameters];
  };
  test('are matched in their order, with decoded segments', () => {
    expect(match('/projects/regions')).toEqual(['fixed', {}]);
    expect(match('/projects/a%20b')).toEqual(['one', { ref: 'a b' }]);
    expect(match('/files/a/b.md')).toEqual(['rest', { path: 'a/b.md' }]);
    expect(match('/projects/a/b')).toBeUndefined();
  });
  test('tell which methods a path has', () => {
    expect(router.methods('/projects/a')).toEqual(['GET']);
    expect(router.match('POST', '/projects/a')).toBeUndefined();
    expect(router.methods('/nowhere')).toEqual([]);
  });
});

describe('the name filter of n8n', () => {
  test('takes % and _ as wildcards, and everything else literally', () => {
    expect(likePattern('a_c').test('xABCx')).toBe(true);
    expect(likePattern('a%z').test('a-long-z')).toBe(true);
    expect(likePattern('a.c').test('abc')).toBe(false);
    expect(likePattern('(').test('a (b)')).toBe(true);
  });
});

describe('redaction', () => {
  test('replaces passwords and sensitive values by a fingerprint, at any depth', () => {
    const body = {
      db_pass: 'p',
      list: [
        { type: 'sensitive', value: 's' },
        { type: 'plain', value: 'open' },
      ],
    };
    expect(redact(body)).toEqual({
      db_pass: textLike(/^sha256:[0-9a-f]{12}$/),
      list: [
        { type: 'sensitive', value: textLike(/^sha256:/) },
        { type: 'plain', value: 'open' },
      ],
    });
    expect(body.db_pass).toBe('p');
  });
  test('cuts very long texts', () => {
    expect(String(redact('x'.repeat(30_000))).length).toBeLessThan(21_000);
  });
});

describe('a failed connection', () => {
  test('is described without a position', () => {
    expect(describeSqlError(new Error('connection refused'), 'select 1')).toBe(
      'Failed to run sql query: connection refused',
    );
  });
});

describe('a deployment’s progress', () => {
  const deployment: Deployment = {
    id: 'dpl_1',
    name: 'a',
    createdAt: 1000,
    isForeign: false,
    projectId: 'prj_1',
    target: 'production',
    meta: {},
    url: 'a.vercel.app',
    ref: 'main',
    sha: '0',
    outcome: 'READY',
  };
  const timing = { ...fastTiming, deploymentReadyAfterMs: 100 };
  test('is a matter of its age', () => {
    const states = [0, 20, 50, 100, 130].map((age) => progressOf(deployment, timing, 1000 + age));
    expect(states.map(({ readyState, isAliasAssigned }) => `${readyState} ${isAliasAssigned}`)).toEqual([
      'QUEUED false',
      'INITIALIZING false',
      'BUILDING false',
      'READY false',
      'READY true',
    ]);
  });
  test('ends where it was cancelled', () => {
    expect(progressOf({ ...deployment, cancelledAt: 1010 }, timing, 9999).readyState).toBe('CANCELED');
  });
});
