/** What a call has made and the ledger refuses to record: an error of the program that must come to an end. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../helpers/stack.ts';

let stack: Stack;
beforeEach(async () => {
  stack = await startStack({ backend: 'redis', environment: { LEASE_MS: '60000' } });
});
afterEach(() => stack?.stop());

test.each([
  ['supabase.project', 'supabase-project'],
  ['github.repository', 'github-repo'],
  ['vercel.project', 'vercel-deployment'],
  ['n8n.workflow', 'n8n-webhooks'],
])('a %s uses up the attempts of its step, which fails then', async (kind, step) => {
  await stack.pool.query(
    `create function ledger.refuse_kind() returns trigger language plpgsql as $$
     begin
       if new.kind = tg_argv[0] and new.state = 'live' then raise unique_violation; end if;
       return new;
     end $$;
     create trigger refuse_kind before update on ledger.resources
       for each row execute function ledger.refuse_kind('${kind}')`,
  );

  const { id } = await stack.provision();
  const shown = await stack.waitUntilDone(id);

  expect(shown).toMatchObject({ status: 'failed', failure: { step, code: 'internal-error' } });
  const { rows } = await stack.pool.query(
    `select attempts, interruptions from ledger.steps
     where provisioning_id = $1 and direction = 'run' and name = $2`,
    [id, step],
  );
  expect(rows).toEqual([{ attempts: Number(stack.environment['STEP_MAX_ATTEMPTS']), interruptions: 0 }]);
});

test('an end that the ledger refuses uses up the attempts of its step, which fails then', async () => {
  await stack.pool.query(
    `create function ledger.refuse_end() returns trigger language plpgsql as $$
     begin
       if new.name = 'github-repo' and new.status = 'succeeded' then raise unique_violation; end if;
       return new;
     end $$;
     create trigger refuse_end before update on ledger.steps
       for each row execute function ledger.refuse_end()`,
  );

  const { id } = await stack.provision();

  expect(await stack.waitUntilDone(id)).toMatchObject({
    status: 'failed',
    failure: { step: 'github-repo', code: 'internal-error' },
  });
});
