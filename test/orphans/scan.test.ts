/** What `npm run orphans` reports: everything that nothing owns, and nothing else. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertIntent } from '../../src/ledger/effects.ts';
import { applyParts } from '../../src/ledger/parts.ts';
import { webhookId } from '../../src/steps/n8n-client-workflow.ts';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';
import { createMarkedRepository, idsOf, longAgo, markOf, report, runOrphans } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

/** A client's whole stack. */
async function provisioned(): Promise<{ id: string; clientId: string }> {
  const { id } = await stack.provision();
  const { status, clientId } = await stack.waitUntilDone(id);
  expect(status).toBe('succeeded');
  return { id, clientId };
}

const kinds = ['supabase.project', 'github.repository', 'vercel.project', 'n8n.workflow'];

test('nothing that a provisioning owns is reported, and the exit code is 0', async () => {
  await provisioned();

  expect(await report(stack)).toMatchObject({ code: 0, items: [], errors: [] });
});

test('what a lost row has left behind is reported with its mark, where the provider has a field for one', async () => {
  const { id, clientId } = await provisioned();
  const before = stack.sandbox.control.objects();
  await stack.pool.query('delete from ledger.provisionings where id = $1', [id]);

  const { code, items, errors, checkedAt } = await report(stack);

  expect({ code, errors }).toEqual({ code: 0, errors: [] });
  expect(items.map(({ kind }) => kind)).toEqual(kinds);
  const names = namesOf(clientId);
  expect(items.map(({ name }) => name)).toEqual([
    names.supabaseProject,
    names.repository,
    names.vercelProject,
    names.workflow,
  ]);
  const marked = { evidence: 'mark', provisioningId: id };
  expect(items).toMatchObject([{ evidence: 'name', provisioningId: null }, marked, marked, marked]);
  for (const item of items) {
    expect(before.map((object) => object.id)).toContain(item.externalId);
    expect(Math.abs(Date.parse(item.createdAt ?? '') - Date.parse(checkedAt ?? ''))).toBeLessThan(60_000);
  }
  expect(stack.sandbox.control.objects()).toEqual(before);
});

test('the report changes nothing: it sends reads alone', async () => {
  await createMarkedRepository(stack, 'anything');

  await runOrphans(stack);

  expect(new Set(stack.sandbox.control.journal().map(({ method }) => method))).toEqual(new Set(['GET']));
});

test('an object in doubt is no orphan: its provisioning will find out', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'hang-after' });
  const { id } = await stack.provision();
  await until(() => idsOf(stack, 'github.repository')[0], 'the repository whose answer is not there yet');

  const { items, errors } = await report(stack);

  expect({ items, errors }).toEqual({ items: [], errors: [] });
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  expect((await report(stack)).items).toEqual([]);
});

test('a project without a mark is in doubt as long as a creation of its name is', async () => {
  const idle = await startStack({ backend: 'redis', workers: 0 });
  try {
    const { id, clientId } = await idle.provision();
    const name = namesOf(clientId).supabaseProject;
    const intent = insertIntent(
      { provisioningId: id, step: 'supabase-project', name: 'create supabase.project' },
      {
        id: randomUUID(),
        verb: 'create',
        naturalKey: name,
        mark: markOf(id),
        epoch: 1,
        absentAt: undefined,
      },
    );
    await applyParts(idle.pool, id, [intent]);
    const externalId = await idle.sandbox.control.createForeign('supabase.project', name);

    expect((await report(idle)).items).toEqual([]);
    await idle.pool.query(`update ledger.effects set state = 'refused'`);
    expect((await report(idle)).items).toMatchObject([{ externalId, evidence: 'name' }]);
  } finally {
    await idle.stop();
  }
});

describe("a stranger's object", () => {
  test.each([
    ['supabase.project', 'client-anybody-prod'],
    ['github.repository', 'client-anybody-app'],
    ['vercel.project', 'client-anybody-app'],
    ['n8n.workflow', 'Client anybody'],
  ] as const)('that is a %s and has a name like ours is reported as such', async (kind, name) => {
    const externalId = await stack.sandbox.control.createForeign(kind, name);

    expect((await report(stack)).items).toMatchObject([
      { kind, externalId, name, evidence: 'name', provisioningId: null },
    ]);
  });

  test('that has neither our mark nor a name that a client could have is not', async () => {
    const { control } = stack.sandbox;
    for (const name of ['client-anybody-app-2', 'Client-anybody-app', 'client--app', 'client-app'])
      await control.createForeign('github.repository', name, { description: 'About prov-1 [prov-x]' });
    await control.createForeign('vercel.project', 'shop', { variables: { PROVISIONING_ID: 'another-id' } });
    await control.createForeign('n8n.workflow', 'Client Onboarding', { path: 'hooks', nodeId: 'prov-' });

    expect(await report(stack)).toMatchObject({ code: 0, items: [], errors: [] });
  });

  test('that stood in the way of a provisioning is reported with that', async () => {
    const clientId = newClientId();
    const externalId = await stack.sandbox.control.createForeign(
      'github.repository',
      namesOf(clientId).repository,
    );
    const { id } = await stack.provision({ clientId });
    await stack.waitUntilDone(id);

    const { items } = await report(stack);
    expect(items).toMatchObject([{ externalId, evidence: 'name' }]);
    expect(items[0]?.note).toContain(`met as foreign by provisioning ${id}`);
  });
});

test('an object that the ledger has as deleted and that is there is reported with that', async () => {
  const { id } = await provisioned();
  await stack.pool.query(
    `update ledger.resources set state = 'deleted' where provisioning_id = $1 and kind = 'github.repository'`,
    [id],
  );

  const { items } = await report(stack);
  expect(items).toMatchObject([{ kind: 'github.repository', evidence: 'mark', provisioningId: id }]);
  expect(items[0]?.note).toContain(`provisioning ${id} has it as deleted`);
});

test('an object with our mark is found under any name', async () => {
  const { control } = stack.sandbox;
  const id = randomUUID();
  await control.createForeign('github.repository', 'renamed', { description: `A [${markOf(id)}]` });
  await control.createForeign('vercel.project', 'renamed', { variables: { PROVISIONING_ID: id } });
  await control.createForeign('n8n.workflow', 'Renamed', { path: 'a', nodeId: `prov-${id}` });

  const { items } = await report(stack);
  expect(items.map(({ kind }) => kind)).toEqual(kinds.slice(1));
  for (const { provisioningId } of items) expect(provisioningId).toBe(id);
  // A copy of a workflow keeps our node: under another name nobody can tell it from ours.
  expect(items.map(({ evidence }) => evidence)).toEqual(['mark', 'mark', 'name']);
  expect(items.at(-1)?.note).toContain('may well be a copy');
});

test('a copy of our workflow under its very name is not taken for ours, before the offboarding and after it', async () => {
  const { id, clientId } = await provisioned();
  const { workflow, webhookPath } = namesOf(clientId);
  const details = {
    path: webhookPath,
    nodeId: `prov-${id}`,
    webhookId: webhookId(clientId),
    createdAt: longAgo(),
  };
  const copyId = await stack.sandbox.control.createForeign('n8n.workflow', workflow, details);
  const asCopy = [{ externalId: copyId, evidence: 'name', provisioningId: id }];

  const { items } = await report(stack);
  expect(items).toMatchObject(asCopy);
  expect(items[0]?.note).toMatch(/its provisioning has made another one: it may well be a copy/);
  const ended = await runOrphans(stack, '--delete', `n8n.workflow/${copyId}`, '--confirm', workflow);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/HAS MADE ANOTHER ONE.*--by-name-only/);

  await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` });
  await until(async () => (await stack.show(id)).rollback.status === 'completed' || undefined, 'its undo');
  expect((await report(stack)).items).toMatchObject(asCopy);
});

test('the lists are read to their last page', async () => {
  const { control } = stack.sandbox;
  const count = 260;
  for (let number = 1; number <= count; number += 1) {
    await control.createForeign('github.repository', `client-${number}-app`);
    await control.createForeign('vercel.project', `client-${number}-app`);
    await control.createForeign('n8n.workflow', `Client ${number}`);
  }

  const { items, errors } = await report(stack);
  expect(errors).toEqual([]);
  for (const kind of kinds.slice(1))
    expect(new Set(items.filter((item) => item.kind === kind).map(({ name }) => name)).size).toBe(count);
});

describe('a list that fails', () => {
  test.each([
    ['supabase', 'listProjects', 'supabase.project'],
    ['github', 'listRepositories', 'github.repository'],
    ['vercel', 'listVercelProjects', 'vercel.project'],
    ['n8n', 'listWorkflows', 'n8n.workflow'],
  ] as const)(
    'at %s is an error of the report, and the others are looked through',
    async (provider, operation, kind) => {
      const { control } = stack.sandbox;
      await control.createForeign('github.repository', 'client-anybody-app');
      await control.createForeign('n8n.workflow', 'Client anybody');
      control.addFault({ provider, operation, mode: 'error-before', status: 503, times: -1 });

      const { code, items, errors } = await report(stack);

      expect(code).toBe(1);
      expect(errors.map((error) => error.kind)).toEqual([kind]);
      expect(errors[0]?.message).toMatch(/answered 503$/);
      const others = ['github.repository', 'n8n.workflow'].filter((other) => other !== kind);
      expect(items.map((item) => item.kind)).toEqual(others);
    },
  );

  test('on a later page is an error too, not a shorter list', async () => {
    const { control } = stack.sandbox;
    for (let number = 1; number <= 70; number += 1)
      await control.createForeign('github.repository', `client-${number}-app`);
    control.addFault({
      provider: 'github',
      operation: 'listRepositories',
      mode: 'error-before',
      matching: 'page=2',
      times: -1,
    });

    const { code, items, errors } = await report(stack);
    expect({ code, items }).toEqual({ code: 1, items: [] });
    expect(errors).toMatchObject([{ kind: 'github.repository' }]);
  });

  test('is told to people too, without a token in the text', async () => {
    stack.sandbox.control.revokeToken('vercel');

    const { code, stdout, stderr } = await runOrphans(stack);

    expect(code).toBe(1);
    expect(stdout).toMatch(/NOT LOOKED THROUGH: vercel\.project: vercel: GET \/v10\/projects answered 403/);
    for (const name of ['VERCEL_TOKEN', 'GITHUB_TOKEN', 'N8N_API_KEY', 'SUPABASE_MANAGEMENT_TOKEN'])
      expect(stdout + stderr).not.toContain(stack.environment[name]);
  });
});

test('people get a table with kind, id, name, age and evidence', async () => {
  const id = await createMarkedRepository(stack, 'client-acme-app');

  const { code, stdout } = await runOrphans(stack);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^KIND +ID +NAME +AGE +EVIDENCE +NOTE\n/);
  expect(stdout).toMatch(new RegExp(`^github\\.repository +${id} +client-acme-app +2 d +mark +made by`, 'm'));
  expect(stdout).toContain('1 found.');
});
