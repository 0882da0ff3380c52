/** Worlds whose objects give a broken promise away: I1, I11, I12 and I13. */
import { describe } from 'vitest';
import { rejectEach } from './made/broken-worlds.ts';
import { pick, remove, type WorldDraft } from './made/draft.ts';
import { incomplete, paused, rolledBack, succeeded, twin } from './made/worlds.ts';

const objectOf = ({ objects }: WorldDraft, kind: string) => pick(objects, (object) => object.kind === kind);
const rowOf = ({ ledger }: WorldDraft, kind: string) => pick(ledger.resources, (row) => row.kind === kind);
const change = (world: WorldDraft, kind: string, details: object) =>
  Object.assign(objectOf(world, kind).details, details);

function changeVariable(world: WorldDraft, key: string, changes: object): void {
  const { details } = objectOf(world, 'vercel.project');
  const variables = details['environmentVariables'] as { key: string }[];
  details['environmentVariables'] = variables.map((one) => (one.key === key ? { ...one, ...changes } : one));
}

function addObject(world: WorldDraft, kind: string, id: string, changes: object = {}): void {
  world.objects.push({ ...structuredClone(objectOf(world, kind)), id, ...changes });
}

describe('what nobody knows of', () => {
  rejectEach([
    [
      'an object that carries our mark is not in the ledger',
      'I1',
      succeeded,
      (world) => {
        const description = 'Acme Ltd [prov-0000000f-0000-4000-8000-000000000000-0a1b2c3d]';
        addObject(world, 'github.repository', '999', { details: { description } });
      },
    ],
    [
      'a project of a name of ours is not in the ledger',
      'I1',
      succeeded,
      (world) => addObject(world, 'supabase.project', 'z', { name: 'client-other-prod' }),
    ],
    [
      'a second project of a client is not in the ledger',
      'I1 I11',
      succeeded,
      (world) => addObject(world, 'supabase.project', 'z'),
    ],
    [
      'an object is there that the ledger does not know the id of',
      'I1 I12',
      succeeded,
      (world) =>
        Object.assign(rowOf(world, 'supabase.project'), { external_id: undefined, state: 'intended' }),
    ],
    [
      'an object is there that the ledger calls deleted',
      'I1',
      paused,
      (world) => Object.assign(rowOf(world, 'vercel.project'), { state: 'deleted' }),
    ],
    [
      'an object is there that is not called what is in doubt',
      'I1',
      paused,
      (world) => {
        Object.assign(rowOf(world, 'supabase.project'), { external_id: undefined, state: 'unknown' });
        objectOf(world, 'supabase.project').name = 'client-acme-prod-2';
      },
    ],
  ]);
});

describe('more than one survivor', () => {
  rejectEach([
    [
      'both objects of one create are there',
      'I11 I12',
      twin,
      (world) => {
        const late = pick(world.ledger.resources, ({ state }) => state === 'deleted');
        late.state = 'live';
        addObject(world, 'github.repository', late.external_id ?? '');
      },
    ],
    [
      'one deployment was asked for, and two are there',
      'I11',
      succeeded,
      (world) => addObject(world, 'vercel.deployment', 'dpl_2'),
    ],
  ]);
});

describe('a success that is none', () => {
  const spoil = (what: string, kind: string, details: object) =>
    [what, 'I12', succeeded, (world: WorldDraft) => change(world, kind, details)] as const;
  const spoilVariable = (what: string, key: string, changes: object) =>
    [what, 'I12', succeeded, (world: WorldDraft) => changeVariable(world, key, changes)] as const;
  rejectEach([
    spoil('the project is not healthy', 'supabase.project', { status: 'COMING_UP' }),
    spoil('the project is being removed', 'supabase.project', { isBeingRemoved: true }),
    spoil('the repository is public', 'github.repository', { private: false }),
    spoil('the repository is empty', 'github.repository', { hasContent: false }),
    spoil('the project is linked to another repository', 'vercel.project', { link: { repoId: 1 } }),
    spoil('the deployment has failed', 'vercel.deployment', { readyState: 'ERROR' }),
    spoil('the deployment is a preview', 'vercel.deployment', { target: null }),
    spoil('the address shows another deployment', 'vercel.deployment', { isAliasAssigned: false }),
    spoil('the address is another one', 'vercel.deployment', { aliases: ['else.vercel.app'] }),
    spoil('the workflow is not published', 'n8n.workflow', { active: false }),
    spoil('the webhook is not registered', 'n8n.workflow', { webhooks: [] }),
    spoilVariable('a variable is missing', 'CLIENT_TIER', { key: 'TIER' }),
    spoilVariable('a variable is empty', 'NEXT_PUBLIC_SUPABASE_ANON_KEY', { value: '' }),
    spoilVariable('a variable names another database', 'NEXT_PUBLIC_SUPABASE_URL', { value: 'https://x.co' }),
    spoilVariable('previews get the secret key', 'SUPABASE_SERVICE_ROLE_KEY', {
      target: ['production', 'preview'],
    }),
    spoilVariable('the secret key can be read', 'SUPABASE_SERVICE_ROLE_KEY', { type: 'plain', value: 'x' }),
    [
      'an object is gone',
      'I12',
      succeeded,
      (world) => remove(world.objects, ({ kind }) => kind === 'n8n.workflow'),
    ],
    [
      'a table is open to everybody',
      'I12',
      succeeded,
      (world) => pick(world.projectDatabases ?? []).tables.push({ name: 'open', isSecured: false }),
    ],
    [
      'the schema was applied twice',
      'I12',
      succeeded,
      (world) => pick(world.projectDatabases ?? []).appliedBy.push('again'),
    ],
    [
      'a step is not done',
      'I12',
      succeeded,
      (world) => Object.assign(pick(world.ledger.steps), { status: 'waiting' }),
    ],
    [
      'the result names another project',
      'I12',
      succeeded,
      (world) => Object.assign(pick(world.ledger.steps).output, { supabaseProjectRef: 'another' }),
    ],
    [
      'nobody has looked whether the webhook is registered',
      'I12',
      succeeded,
      (world) => remove(world.journal, ({ path }) => path.startsWith('/webhook/')),
    ],
    [
      'somebody has looked, and then changed it once more',
      'I12',
      succeeded,
      (world) => {
        const published = pick(world.journal, ({ operation }) => operation === 'publishWorkflow');
        const look = pick(world.journal, ({ path }) => path.startsWith('/webhook/'));
        look.receivedAt = new Date(Date.parse(published.receivedAt) - 1).toISOString();
      },
    ],
  ]);
});

describe('half a schema', () => {
  const database = (world: WorldDraft) => pick(world.projectDatabases ?? []);
  rejectEach([
    [
      'a template that was refused has left a table',
      'I12',
      paused,
      (world) => {
        database(world).appliedBy = [];
      },
    ],
    [
      'a template that has failed its check is there',
      'I12',
      paused,
      (world) => Object.assign(pick(database(world).tables), { isSecured: false }),
    ],
    [
      'a table of a template that was fixed since is there',
      'I12',
      succeeded,
      (world) => database(world).tables.push({ name: 'half', isSecured: true }),
    ],
    [
      'a table of the template is not there',
      'I12',
      succeeded,
      (world) => world.templateTables?.push('pages'),
    ],
    [
      'the template counts as applied and has made nothing',
      'I12',
      paused,
      (world) => {
        database(world).tables = [];
      },
    ],
    [
      'a client is served by an empty database',
      'I12',
      succeeded,
      (world) => Object.assign(database(world), { tables: [], appliedBy: [] }),
    ],
  ]);
});

describe('a rollback that is none', () => {
  rejectEach([
    [
      'something is left',
      'I13',
      rolledBack,
      (world) => {
        const { name, kind, id } = { kind: 'supabase.project' as const, ...leftOf(world) };
        const common = {
          provider: 'supabase' as const,
          createdAt: '2026-01-05T10:00:00.000Z',
          foreign: false,
        };
        world.objects.push({ ...common, kind, id, name, details: {} });
      },
    ],
    [
      'the list is not empty',
      'I13',
      rolledBack,
      (world) => Object.assign(rowOf(world, 'supabase.project'), { state: 'deleting' }),
    ],
    [
      'a create is still in doubt',
      'I13',
      rolledBack,
      (world) => Object.assign(pick(world.ledger.effects), { state: 'intended' }),
    ],
    [
      'an incomplete one does not list what is left',
      'I1 I13 I2',
      incomplete,
      (world) => Object.assign(rowOf(world, 'github.repository'), { state: 'deleted' }),
    ],
    [
      'an incomplete one lists what is gone',
      'I13',
      incomplete,
      (world) =>
        Object.assign(rowOf(world, 'supabase.project'), { state: 'delete-failed', error: 'refused' }),
    ],
  ]);
});

function leftOf(world: WorldDraft): { id: string; name: string } {
  const { external_id: id = '', name } = rowOf(world, 'supabase.project');
  return { id, name };
}
