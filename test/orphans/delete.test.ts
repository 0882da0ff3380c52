/** `npm run orphans -- --delete`: one orphan, by its id, after everything that speaks against it was looked at. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhookId } from '../../src/steps/n8n-client-workflow.ts';
import { namesOf } from '../helpers/names.ts';
import { n8nVersions } from '../../sandbox/n8n/version.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { createMarkedRepository, deletesIn, idsOf, longAgo, markOf, runOrphans } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

interface DeletionRow {
  kind: string;
  external_id: string;
  name: string;
  evidence: string;
  provisioning_id: string | null;
  requested_by: string;
  state: string;
  last_error: string | null;
}

async function deletionsOf(externalId: string): Promise<DeletionRow[]> {
  const { rows } = await stack.pool.query<DeletionRow>(
    'select * from ledger.orphan_deletions where external_id = $1 order by requested_at',
    [externalId],
  );
  return rows;
}

const remove = (target: string, name: string, ...options: string[]) =>
  runOrphans(stack, '--delete', target, '--confirm', name, ...options);

/** Why it was refused. Throws when it was not, or when anything was sent or written down. */
async function reasonOf(ended: Awaited<ReturnType<typeof remove>>, externalId: string): Promise<string> {
  const deletions = await deletionsOf(externalId);
  const trace = { ...ended, sent: deletesIn(stack), deletions };
  if (ended.code !== 1 || ended.stdout !== '' || trace.sent.length > 0 || deletions.length > 0)
    throw new Error(`it was not refused: ${JSON.stringify(trace)}`);
  return ended.stderr;
}

describe('refused, and nothing is sent:', () => {
  test('another name than the one it has', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');

    const ended = await remove(`github.repository/${id}`, 'client-acme-ap');
    expect(await reasonOf(ended, id)).toMatch('it is named "client-acme-app"');
  });

  test('a name that it had until a moment ago', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    stack.sandbox.control.renameObject('github.repository', id, 'client-other-app');

    const ended = await remove(`github.repository/${id}`, 'client-acme-app');
    expect(await reasonOf(ended, id)).toMatch('it is named "client-other-app"');
  });

  test('one that is younger than a day', async () => {
    const almost = new Date(Date.now() - 23 * 3_600_000).toISOString();
    const id = await createMarkedRepository(stack, 'client-acme-app', almost);

    expect(await reasonOf(await remove(`github.repository/${id}`, 'client-acme-app'), id)).toMatch(
      /23\.0 hours old, and must be older than 24/,
    );
  });

  test('one that is younger than it is said to be, or that is younger than an hour', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    const target = `github.repository/${id}`;

    expect(await reasonOf(await remove(target, 'client-acme-app', '--older-than', '72'), id)).toMatch(
      /must be older than 72/,
    );
    expect(await reasonOf(await remove(target, 'client-acme-app', '--older-than', '0.5'), id)).toMatch(
      /at least 1/,
    );
  });

  test('one that has only a name like ours, and it says so', async () => {
    const { control } = stack.sandbox;
    const id = await control.createForeign('vercel.project', 'client-acme-app', { createdAt: longAgo() });

    const ended = await remove(`vercel.project/${id}`, 'client-acme-app');
    expect(await reasonOf(ended, id)).toMatch(/ONLY ITS NAME LOOKS LIKE OURS.*--by-name-only/);
  });

  test('one that a provisioning has met as a stranger’s', async () => {
    const clientId = newClientId();
    const name = namesOf(clientId).repository;
    const id = await stack.sandbox.control.createForeign('github.repository', name, { createdAt: longAgo() });
    const { id: provisioningId } = await stack.provision({ clientId });
    await stack.waitUntilDone(provisioningId);
    const before = deletesIn(stack).length;

    const ended = await remove(`github.repository/${id}`, name);

    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('ONLY ITS NAME');
    expect(deletesIn(stack)).toHaveLength(before);
    expect(idsOf(stack, 'github.repository')).toEqual([id]);
  });

  test('one that a provisioning owns, however it is asked for', async () => {
    const { id: provisioningId } = await stack.provision();
    const { resources } = await stack.waitUntilDone(provisioningId);
    expect(resources).toHaveLength(4);

    for (const { kind, externalId, name } of resources) {
      const ended = await remove(`${kind}/${externalId}`, name, '--by-name-only', '--older-than', '1');
      expect(await reasonOf(ended, externalId ?? '')).toMatch('a provisioning owns it');
    }
  });

  test('one that a provisioning at work may have made', async () => {
    const { control } = stack.sandbox;
    control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'error-before', times: -1 });
    const { id: provisioningId } = await stack.provision({ onFailure: 'pause' });
    const paused = await until(async () => {
      const shown = await stack.show(provisioningId);
      return shown.status === 'paused' ? shown : undefined;
    }, 'the provisioning to pause');
    const id = await control.createForeign('n8n.workflow', 'Client copy', {
      path: 'a',
      nodeId: `prov-${paused.id}`,
      createdAt: longAgo(),
    });

    expect(await reasonOf(await remove(`n8n.workflow/${id}`, 'Client copy'), id)).toMatch(
      'let that end first',
    );
  });

  test('what is not there, what does not look like ours, and a kind that nobody knows', async () => {
    const id = await stack.sandbox.control.createForeign('github.repository', 'shop', {
      createdAt: longAgo(),
    });

    expect(await reasonOf(await remove(`github.repository/${id}`, 'shop', '--by-name-only'), id)).toMatch(
      /nothing of this id/,
    );
    expect(await reasonOf(await remove('github.repository/1', 'shop'), '1')).toMatch(/nothing of this id/);
    expect(await reasonOf(await remove('n8n.workflow/nothing', 'shop'), 'nothing')).toMatch(
      /nothing of this id/,
    );
    expect(await reasonOf(await remove('aws.bucket/a', 'shop'), 'a')).toMatch(
      /there is no kind "aws.bucket"/,
    );
  });

  test('a name of a Vercel project instead of its id', async () => {
    const { control } = stack.sandbox;
    await control.createForeign('vercel.project', 'client-acme-app', {
      variables: { PROVISIONING_ID: randomUUID() },
      createdAt: longAgo(),
    });

    const ended = await remove('vercel.project/client-acme-app', 'client-acme-app');
    expect(await reasonOf(ended, 'client-acme-app')).toMatch(/nothing of this id/);
  });

  test('a provider that cannot be read', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    stack.sandbox.control.revokeToken('github');

    expect(await reasonOf(await remove(`github.repository/${id}`, 'client-acme-app'), id)).toMatch(
      /answered 401/,
    );
  });
});

describe('deleted:', () => {
  test('that object alone, with one call, and the record says who asked', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    const other = await createMarkedRepository(stack, 'client-other-app');

    const ended = await remove(`github.repository/${id}`, 'client-acme-app', '--by', 'ines');

    expect(ended).toEqual({ code: 0, stdout: `github.repository/${id} is gone.\n`, stderr: '' });
    expect(deletesIn(stack)).toMatchObject([{ effect: 'deleted', objectId: id }]);
    expect(idsOf(stack, 'github.repository')).toEqual([other]);
    expect(await deletionsOf(id)).toMatchObject([
      {
        kind: 'github.repository',
        name: 'client-acme-app',
        evidence: 'mark',
        requested_by: 'ines',
        state: 'confirmed',
        last_error: null,
      },
    ]);
    const { rows } = await stack.pool.query(
      `select by, address, detail from ledger.audit where action = 'orphan-deleted'`,
    );
    expect(rows).toEqual([
      {
        by: 'command',
        address: null,
        detail: {
          kind: 'github.repository',
          externalId: id,
          name: 'client-acme-app',
          requestedBy: 'ines',
        },
      },
    ]);
  });

  test('a Vercel project, by its id', async () => {
    const provisioningId = randomUUID();
    const id = await stack.sandbox.control.createForeign('vercel.project', 'client-acme-app', {
      variables: { PROVISIONING_ID: provisioningId },
      createdAt: longAgo(),
    });

    expect(await remove(`vercel.project/${id}`, 'client-acme-app')).toMatchObject({ code: 0 });
    expect(deletesIn(stack)).toMatchObject([{ effect: 'deleted', objectId: id }]);
    expect(await deletionsOf(id)).toMatchObject([{ provisioning_id: provisioningId, state: 'confirmed' }]);
  });

  test.each(n8nVersions)(
    'a live workflow of an n8n of the generation of %s, unpublished before',
    async (n8n) => {
      const other = await startStack({ backend: 'redis', workers: 0, sandbox: { n8n } });
      try {
        const id = await other.sandbox.control.createForeign('n8n.workflow', 'Client acme', {
          path: 'client-acme/content',
          nodeId: `prov-${randomUUID()}`,
          webhookId: webhookId('acme'),
          active: true,
          createdAt: longAgo(),
        });

        const ended = await runOrphans(other, '--delete', `n8n.workflow/${id}`, '--confirm', 'Client acme');

        expect(ended).toMatchObject({ code: 0, stderr: '' });
        expect(idsOf(other, 'n8n.workflow')).toEqual([]);
        expect(deletesIn(other).filter(({ effect }) => effect === 'deleted')).toHaveLength(1);
      } finally {
        await other.stop();
      }
    },
  );

  test('a Supabase project, which never has a mark, when that is typed out', async () => {
    const { control } = stack.sandbox;
    const id = await control.createForeign('supabase.project', 'client-acme-prod', { createdAt: longAgo() });

    const ended = await remove(`supabase.project/${id}`, 'client-acme-prod', '--by-name-only');

    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(deletesIn(stack)).toMatchObject([{ effect: 'deleted', objectId: id }]);
    expect(await deletionsOf(id)).toMatchObject([{ evidence: 'name', state: 'confirmed' }]);
  });

  test('what the provider takes its time for, and it is asked once', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    stack.sandbox.control.setSlowDelete('github.repository', 400);

    expect(await remove(`github.repository/${id}`, 'client-acme-app')).toMatchObject({ code: 0 });
    expect(deletesIn(stack)).toHaveLength(1);
    expect(stack.sandbox.control.objects()).toEqual([]);
  });

  test('what the provider has deleted without an answer, and it is not asked again', async () => {
    const id = await createMarkedRepository(stack, 'client-acme-app');
    stack.sandbox.control.addFault({ provider: 'github', operation: 'deleteRepository', mode: 'drop-after' });

    expect(await remove(`github.repository/${id}`, 'client-acme-app')).toMatchObject({ code: 0 });
    expect(deletesIn(stack)).toHaveLength(1);
    expect(await deletionsOf(id)).toMatchObject([{ state: 'confirmed' }]);
  });
});

test('a deletion that the provider refuses is recorded as that, and the object stays', async () => {
  const id = await createMarkedRepository(stack, 'client-acme-app');
  stack.sandbox.control.refuseDelete('github.repository', true);

  const ended = await remove(`github.repository/${id}`, 'client-acme-app');

  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/was not deleted: github: DELETE .* answered 403/);
  expect(idsOf(stack, 'github.repository')).toEqual([id]);
  expect(await deletionsOf(id)).toMatchObject([
    { state: 'refused', last_error: 'github: DELETE /repos/{owner}/{repo} answered 403' },
  ]);
});

test('a lost call is in doubt while the object is there, and true as soon as it is seen to be gone', async () => {
  const { control } = stack.sandbox;
  const id = await createMarkedRepository(stack, 'client-acme-app');
  control.addFault({ provider: 'github', operation: 'deleteRepository', mode: 'drop-before' });
  const environment = { ...stack.environment, READY_TIMEOUT_MS: '200' };

  const ended = await runOrphans(
    { ...stack, environment },
    '--delete',
    `github.repository/${id}`,
    '--confirm',
    'client-acme-app',
  );

  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toContain('may or may not be deleted');
  expect(await deletionsOf(id)).toMatchObject([{ state: 'in-doubt' }]);
  control.removeObject('github.repository', id);
  expect(await remove(`github.repository/${id}`, 'client-acme-app')).toMatchObject({ code: 0 });
  expect(await deletionsOf(id)).toMatchObject([{ state: 'confirmed' }]);
});

test('a record of a deletion can never be removed', async () => {
  const id = await createMarkedRepository(stack, 'client-acme-app');
  await remove(`github.repository/${id}`, 'client-acme-app');

  await expect(stack.pool.query('delete from ledger.orphan_deletions')).rejects.toThrow('append-only');
  expect(await deletionsOf(id)).toHaveLength(1);
});

test('an unmarked object that is not ours to judge stays what it is: the mark of a person’s own text is none', async () => {
  const id = await stack.sandbox.control.createForeign('github.repository', 'client-acme-app', {
    description: `see ${markOf(randomUUID())}`,
    createdAt: longAgo(),
  });

  expect(await reasonOf(await remove(`github.repository/${id}`, 'client-acme-app'), id)).toMatch(
    /ONLY ITS NAME/,
  );
});
