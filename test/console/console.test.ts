/** The console as people use it: in a browser, on the real stack. */
import { describe, expect, test } from 'vitest';
import { isWithoutBrowser } from '../helpers/chromium.ts';
import { newClientId } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey } from '../server/support.ts';
import { useConsole } from './support.ts';

describe.skipIf(isWithoutBrowser)('the console', () => {
  const at = useConsole();

  test('who is not signed in is led to the sign-in, and back to where they wanted to go', async () => {
    await at.page.goto(at.url('/clients?state=live'));
    expect(new URL(at.page.url()).pathname).toBe('/admin/sign-in');

    await at.page.getByLabel(/^API key/).fill('wrong');
    await at.page.getByRole('button', { name: 'Sign in' }).click();
    await at.page.getByRole('alert').getByText('This key is not valid.').waitFor();
    await at.page.getByLabel(/^API key/).fill(at.adminKey());
    await at.page.keyboard.press('Enter');

    await at.page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
    expect(new URL(at.page.url()).search).toBe('?state=live');
  });

  test('a sign-in leads to no other site, whatever a link says', async () => {
    await at.page.goto(at.url(`/admin/sign-in?next=${encodeURIComponent('//evil.example/')}`));
    await at.page.getByLabel(/^API key/).fill(at.adminKey());
    await at.page.getByRole('button', { name: 'Sign in' }).click();

    await at.headline().waitFor();
    expect(at.page.url()).toBe(at.url('/'));
  });

  test('a whole run, from the form to a client that is live', async () => {
    const clientId = newClientId();
    await at.signIn('/clients/new');
    await at.page.getByLabel('Client id').fill(clientId);
    await at.page.getByLabel('Client name').fill('Harbour Tea');
    await at.page.getByLabel('Email of the organization').fill('ops@harbour.example');
    await at.page.getByRole('button', { name: 'Plan', exact: true }).click();
    await at.page.getByRole('heading', { name: 'The plan' }).waitFor();
    await at.page.getByText(`client-${clientId}-prod`).first().waitFor();
    expect(await at.page.getByText('Name is free').count()).toBe(4);
    expect(at.objectsOf(clientId)).toEqual([]);

    await at.page.getByRole('button', { name: 'Provision', exact: true }).click();
    await at.page.getByRole('heading', { name: 'Harbour Tea', level: 1 }).waitFor();

    // Nobody loads the page again: it follows by itself.
    await at.page.locator('.status').getByText('Succeeded').waitFor();
    expect(await at.rail('run').locator('.passed').count()).toBe(5);
    await at.page.getByRole('heading', { name: 'Result' }).waitFor();
    expect(at.mishaps).toEqual([]);
  });

  test('what is wrong in the form is said beside its field, and nothing was sent', async () => {
    await at.signIn('/clients/new');
    await at.page.getByLabel('Client id').fill('Acme Ltd');
    await at.page.getByLabel('Email of the organization').fill('nobody');
    await at.page.getByRole('button', { name: 'Provision', exact: true }).click();

    await at.page.getByRole('alert').getByText('Nothing was sent.').waitFor();
    await at.page.locator('#clientId-error').getByText('must be lower-case letters and digits').waitFor();
    await at.page.locator('#orgEmail-error').getByText('must be an email address').waitFor();
    expect(await at.page.getByLabel('Client id').inputValue()).toBe('Acme Ltd');
    expect(await at.page.getByLabel('Client id').getAttribute('aria-invalid')).toBe('true');
  });

  test('a form that is sent twice makes one client', async () => {
    const clientId = newClientId();
    await at.signIn('/clients/new');
    const key = await at.page.locator('input[name=key]').inputValue();
    const form = {
      key,
      clientId,
      clientName: 'Twice',
      orgEmail: 'ops@twice.example',
      tier: 'starter',
      onFailure: 'rollback',
      callbackUrl: '',
      do: 'provision',
    };
    const sent = await Promise.all(
      [1, 2].map(() => at.page.request.post(at.url('/clients/new'), { form, maxRedirects: 0 })),
    );

    expect(sent.map((answer) => answer.status()).every((status) => status === 303 || status === 409)).toBe(
      true,
    );
    const { rows } = await at.stack.pool.query('select id from ledger.provisionings where client_id = $1', [
      clientId,
    ]);
    expect(rows).toHaveLength(1);
  });

  test('a failure is watched live, with the undo of everything under it', async () => {
    at.stack.sandbox.control.setDeploymentOutcome('ERROR');
    const clientId = newClientId();
    await at.stack.provision({ clientId, clientName: 'Tessera Dental' });
    await at.signIn(`/clients/${clientId}`);

    await at.page.locator('.status').getByText('Completed').waitFor();
    await at.rail('run').getByText('Failed', { exact: true }).waitFor();
    expect(await at.rail('undo').getByText('Undone').count()).toBe(3);
    await at.rail('undo').getByText('gone with the project').waitFor();
    await at.rail('undo').getByText('nothing was made').waitFor();
    await at.page.getByRole('heading', { name: 'Why it failed' }).waitFor();
    await at.page.getByRole('heading', { name: 'What is gone' }).waitFor();
    expect(await at.page.getByText(/^seen gone/).count()).toBe(3);
    expect(await at.page.getByRole('heading', { name: 'Result' }).count()).toBe(0);
    expect(at.mishaps).toEqual([]);
  });

  test('a run is cancelled in the middle, and everything is undone', async () => {
    at.stack.sandbox.control.setDeploymentOutcome('BUILDING');
    const clientId = newClientId();
    await at.stack.provision({ clientId });
    await at.signIn(`/clients/${clientId}`);
    await at.page.getByText('waits for the deployment to be ready').first().waitFor();

    await at.page.getByRole('link', { name: 'Cancel and undo' }).click();
    await at.page.getByRole('heading', { name: 'Will be deleted' }).waitFor();
    expect(await at.page.locator('.doomed tr').count()).toBe(4);
    await at.page.getByLabel('Reason').fill('The wrong client');
    await at.page.getByRole('button', { name: 'Cancel and undo' }).click();

    await at.page.locator('.status').getByText('Cancelled').waitFor();
    await at.page.locator('.status').getByText('Completed').waitFor();
    expect((await at.page.locator('.history').allTextContents()).join(' ')).toContain('The wrong client');
    expect(at.objectsOf(clientId)).toEqual([]);
  });

  test('an incomplete rollback says what is left and what to do, and is resolved from the overview', async () => {
    const clientId = await at.withLeftover();
    await at.signIn('/');
    await at.page.getByRole('heading', { name: /needs? somebody$/ }).waitFor();
    const need = at.page.locator('.needs li', { has: at.page.locator(`a[href^="/clients/${clientId}?"]`) });
    await need.getByText('Rollback incomplete, 1 of 3 left').waitFor();
    await need.getByRole('link', { name: 'See what is left' }).click();

    await at.page.getByText(`One thing is left: the GitHub repository client-${clientId}-app.`).waitFor();
    await at.page.getByText('the token may not delete repositories').first().waitFor();
    await at.rail('undo').getByText('Undo failed').waitFor();
    at.stack.sandbox.control.refuseDelete('github.repository', false);
    await at.page.getByRole('link', { name: 'Retry the rollback' }).click();
    await at.page.getByRole('button', { name: 'Retry the rollback' }).click();

    await at.page.locator('.status').getByText('Completed').waitFor();
    expect(at.objectsOf(clientId)).toEqual([]);
  });

  test('a paused run is resumed once its cause is mended', async () => {
    const clientId = await at.paused();
    await at.signIn(`/clients/${clientId}`);
    await at.page.getByRole('heading', { name: 'What to do now' }).waitFor();
    at.stack.sandbox.control.setDeploymentOutcome('READY');

    await at.page.getByRole('link', { name: 'Resume', exact: true }).click();
    await at.page.getByRole('button', { name: 'Resume', exact: true }).click();

    await at.page.locator('.status').getByText('Succeeded').waitFor();
    expect(await at.rail('run').locator('.passed').count()).toBe(5);
  });

  test('what must stay is taken off the list, and the client id is free', async () => {
    const clientId = await at.withLeftover();
    await at.signIn(`/clients/${clientId}`);
    await at.page.getByRole('link', { name: 'take it off the list' }).click();
    await at.page.getByLabel(/^Reason/).fill('It is kept for the archive');
    await at.page.getByLabel(`Type ${clientId} to confirm`).fill(clientId);
    await at.page.getByRole('button', { name: 'Take it off the list' }).click();

    await at.page.locator('.status').getByText('Completed').waitFor();
    await at.page.getByText('Forgotten').first().waitFor();
    expect(at.objectsOf(clientId)).toHaveLength(1);
  });

  test('offboarding names what goes, wants the client id typed, and deletes all of it', async () => {
    const clientId = await at.provisioned({ clientName: 'Juniper Yoga' });
    const before = at.objectsOf(clientId);
    await at.signIn(`/clients/${clientId}`);
    await at.page.getByRole('link', { name: 'Offboard' }).click();
    expect(await at.page.locator('.doomed td:nth-child(2)').allTextContents()).toEqual([
      'n8n workflow',
      'Vercel project',
      'GitHub repository',
      'Supabase project',
    ]);
    await at.page.getByLabel(`Type ${clientId} to confirm`).fill('acm');
    await at.page.getByRole('button', { name: 'Delete all 4' }).click();
    await at.page.getByRole('alert').getByText('That was “acm”.').waitFor();
    expect(at.objectsOf(clientId)).toEqual(before);

    await at.page.getByLabel(`Type ${clientId} to confirm`).fill(clientId);
    await at.page.getByRole('button', { name: 'Delete all 4' }).click();

    await at.page.locator('.status').getByText('Completed').waitFor();
    expect(at.objectsOf(clientId)).toEqual([]);
    await at.page.goto(at.url('/clients?state=offboarded'));
    await at.page.getByRole('link', { name: 'Juniper Yoga' }).first().waitFor();
  });

  test.each([
    ['viewer', { create: false, operate: false, administer: false }],
    ['provisioner', { create: true, operate: false, administer: false }],
    ['operator', { create: false, operate: true, administer: false }],
  ] as const)('a %s sees and does what the role may, and is told why not', async (role, may) => {
    const clientId = await at.paused();
    at.stack.sandbox.control.setDeploymentOutcome('READY');
    const live = await at.provisioned();
    await at.signIn('/', (await makeKey(at.stack, role)).token);

    expect(await at.page.getByRole('link', { name: 'New client' }).count()).toBe(may.create ? 1 : 0);
    expect(await at.page.getByRole('link', { name: 'Keys', exact: true }).count()).toBe(
      may.administer ? 1 : 0,
    );
    await at.page.goto(at.url(`/clients/${clientId}`));
    expect(await at.page.getByRole('link', { name: 'Resume', exact: true }).count()).toBe(
      may.operate ? 1 : 0,
    );
    if (!may.operate) await at.page.getByText(`This needs an operator. You are a ${role}.`).waitFor();
    // Not by a link that somebody else has sent, either.
    await at.page.goto(at.url(`/clients/${live}/offboard`));
    await at.page.getByText(`This needs admin. You are ${role}.`).waitFor();
    const sent = await at.page.request.post(at.url(`/clients/${live}/offboard`), {
      form: { confirm: live },
      maxRedirects: 0,
    });
    expect(sent.status()).toBe(403);
    expect((await at.page.goto(at.url('/keys')))?.status()).toBe(403);
    await at.page.getByText('This needs the role admin').waitFor();
  });

  test('after a sign-out nothing opens, not even with a copy of the cookie', async () => {
    await at.signIn();
    const cookies = await at.context.cookies();
    await at.page.getByRole('button', { name: 'Sign out' }).click();
    await at.page.getByRole('heading', { name: 'Sign in' }).waitFor();

    await at.context.addCookies(cookies);
    await at.page.goto(at.url('/clients'));
    expect(new URL(at.page.url()).pathname).toBe('/admin/sign-in');
  });

  test('another site cannot have a form sent in a visitor’s name', async () => {
    const clientId = await at.provisioned();
    const before = at.objectsOf(clientId);
    await at.signIn();
    const sent = await at.page.request.post(at.url(`/clients/${clientId}/offboard`), {
      form: { confirm: clientId },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      maxRedirects: 0,
    });

    expect(sent.status()).toBe(403);
    expect(at.objectsOf(clientId)).toEqual(before);
  });

  test('without script one reads, acts, and sees what becomes of it', async () => {
    await at.open({ javaScriptEnabled: false });
    const clientId = await at.paused();
    await at.signIn(`/clients/${clientId}`);
    at.stack.sandbox.control.setDeploymentOutcome('READY');
    await at.page.getByRole('link', { name: 'Resume', exact: true }).click();
    await at.page.getByRole('button', { name: 'Resume', exact: true }).click();

    expect(await at.page.locator('noscript meta[http-equiv=refresh]').count()).toBe(1);
    await until(async () => {
      await at.page.reload();
      return (await at.page.locator('.status').getByText('Succeeded').count()) > 0 || undefined;
    }, 'it to succeed');
  });

  test('a name of a hundred characters of markup and marks of direction is text, and breaks no page', async () => {
    const name = `<script>alert(1)</script> & "quotes" ${'Ω'.repeat(40)} \u05d0\u05d1\u05d2`.padEnd(100, 'x');
    const clientId = await at.provisioned({ clientName: name });
    await at.signIn(`/clients/${clientId}`);

    expect(await at.headline().textContent()).toBe(name);
    for (const path of ['/', '/clients', `/clients/${clientId}/offboard`]) {
      await at.page.goto(at.url(path));
      await at.page.getByText('<script>alert(1)</script>').first().waitFor();
      expect(await at.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    expect(at.mishaps).toEqual([]);
  });

  test('ten thousand clients stay fast, are found by part of their name, and paged through', async () => {
    await at.stack.pool.query(
      `insert into ledger.provisionings (id, client_id, client_name, org_email, tier, on_failure, step_names, status, finished_at)
       select gen_random_uuid(), 'many-' || n, 'Many ' || n, 'a@b.example', 'starter', 'rollback', $1, 'succeeded', clock_timestamp()
       from generate_series(1, 10000) n`,
      [['supabase-project']],
    );
    await at.signIn('/clients');
    const begun = performance.now();
    await at.page.goto(at.url('/clients?state=live'));
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(await at.page.locator('tbody tr').count()).toBe(50);

    await at.page.getByLabel('Name or client id contains').fill('any 9999');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('link', { name: 'Many 9999' }).waitFor();
    expect(await at.page.locator('tbody tr').count()).toBe(1);

    await at.page.goto(at.url('/clients?state=live&q=Many'));
    const first = await at.page.locator('tbody a').first().textContent();
    await at.page.getByRole('link', { name: 'Older' }).click();
    await at.page.waitForURL(/cursor=/);
    expect(await at.page.locator('tbody a').first().textContent()).not.toBe(first);
    await at.stack.pool.query(`delete from ledger.provisionings where client_id like 'many-%'`);
  });

  test('by keyboard one finds, moves, opens, and learns the keys', async () => {
    await at.provisioned({ clientName: 'Keyboard One' });
    await at.signIn('/clients');
    await at.page.getByRole('button', { name: /^Keys/ }).waitFor();
    await at.page.keyboard.press('j');
    expect(await at.page.evaluate('document.activeElement.closest("tr").classList.contains("at")')).toBe(
      true,
    );
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('heading', { name: 'Keyboard One', level: 1 }).waitFor();

    // The script is there.
    await at.page.getByRole('button', { name: /^Keys/ }).waitFor();
    await at.page.keyboard.press('?');
    await at.page.getByRole('dialog').getByText('finds a client').waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' });
    await at.page.keyboard.press('/');
    await at.page.locator('#find:focus').waitFor();
    await at.page.keyboard.type('keyboard');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('link', { name: 'Keyboard One' }).first().waitFor();
    expect(new URL(at.page.url()).searchParams.get('q')).toBe('keyboard');
  });

  test('callbacks that were given up are sent again, many at once', async () => {
    const { control, urls } = at.stack.sandbox;
    control.setReceiver('console', { status: 400 });
    const clientId = await at.provisioned({
      callbackUrl: `${urls.control}/receiver/console`,
      clientName: 'Marlow & Finch',
    });
    await at.stack.pool.query(
      `update ledger.callbacks set state = 'failed' where provisioning_id in (select id from ledger.provisionings where client_id = $1)`,
      [clientId],
    );
    control.setReceiver('console', { status: 200 });
    await at.signIn('/callbacks?state=failed');
    await at.page.getByRole('row', { name: /Marlow & Finch/ }).waitFor();
    await at.page.getByRole('button', { name: 'Send the chosen again' }).click();

    await at.page.getByText(/^\d+ (is|are) sent again, in order\.$/).waitFor();
    expect(new URL(at.page.url()).searchParams.get('again')).toMatch(/^\d+$/);
    await until(
      () => control.receivedCallbacks().filter(({ name }) => name === 'console').length >= 2 || undefined,
      'it to be received again',
    );
  });

  test('a key is made, shown once, opens what its role may, and is revoked; activity has it all', async () => {
    await at.signIn('/keys');
    await at.page.getByLabel('Whose it is').fill('Onboarding form');
    await at.page.getByLabel(/^provisioner/).check();
    await at.page.getByRole('button', { name: 'Make the key' }).click();
    const key = (await at.page.locator('#new-key').textContent()) ?? '';
    expect((await at.stack.call('/api/provisioning', { key })).status).toBe(200);
    await at.page.goto(at.url('/keys'));
    expect(await at.page.content()).not.toContain(key);

    await at.page.getByRole('button', { name: 'Revoke the key of Onboarding form' }).click();
    await at.page.getByText('Revoked').first().waitFor();
    await at.page.goto(at.url('/activity'));
    for (const what of ['Made a key', 'Revoked a key', 'Signed in'])
      await at.page.getByRole('cell', { name: what }).first().waitFor();
    const csv = await at.page.request.get(at.url('/activity.csv?action=made-key'));
    expect(csv.headers()['content-type']).toContain('text/csv');
    expect(await csv.text()).toContain('made-key');
  });

  test('a browser gets a page where there is nothing, and a program gets JSON', async () => {
    await at.signIn();
    expect((await at.page.goto(at.url('/nothing/here')))?.status()).toBe(404);
    await at.page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    expect((await at.page.goto(at.url('/clients/no-such-client')))?.status()).toBe(404);
    const answer = await at.stack.call('/nothing/here');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('what a reader has opened and typed stays while the page follows', async () => {
    at.stack.sandbox.control.setDeploymentOutcome('BUILDING');
    const { id, clientId } = await at.stack.provision();
    await at.signIn(`/clients/${clientId}`);
    await at.page.getByText('waits for the deployment to be ready').first().waitFor();
    await at.page.goto(at.url('/clients'));
    const filter = at.page.getByLabel('Name or client id contains');
    await filter.fill('halden');
    await filter.blur();
    const looked = at.page.waitForResponse((response) => response.url() === at.url('/clients'));
    await looked;
    // Another look: the one before it was put into the page.
    await at.page.waitForResponse((response) => response.url() === at.url('/clients'));

    expect(await filter.inputValue()).toBe('halden');
    await at.stack.call(`/api/provisioning/${id}/cancel`, { method: 'POST' });
    await at.stack.waitUntilDone(id);
  });

  test('a stream that has nothing more to tell is answered, and so is one that nobody reads', async () => {
    const clientId = await at.provisioned();
    await at.signIn();
    const asked = { headers: { accept: 'text/event-stream', 'last-event-id': '99999' } };
    expect((await at.page.request.get(at.url(`/clients/${clientId}/events`), asked)).status()).toBe(204);
    expect((await at.page.request.head(at.url(`/clients/${clientId}/events`))).status()).toBe(200);
    expect((await at.page.request.head(at.url('/activity.csv'))).status()).toBe(200);
  });

  test('an address that cannot be read is no page, and one for programs says so', async () => {
    await at.signIn();
    expect((await at.page.goto(at.url('/clients/%ff')))?.status()).toBe(404);
    expect((await at.page.goto(at.url('/metrics')))?.status()).toBe(401);
    await at.page.getByRole('heading', { name: 'This is for programs' }).waitFor();
  });

  test('an operator plans, and is offered no provisioning', async () => {
    await at.signIn('/clients/new', (await makeKey(at.stack, 'operator')).token);
    await at.page.getByLabel('Client id').fill(newClientId());
    await at.page.getByLabel('Client name').fill('Harbour Tea');
    await at.page.getByLabel('Email of the organization').fill('ops@harbour.example');
    await at.page.getByRole('button', { name: 'Plan', exact: true }).click();

    await at.page.getByRole('heading', { name: 'The plan' }).waitFor();
    expect(await at.page.getByRole('button', { name: /^Provision/ }).count()).toBe(0);
  });

  test('nothing is loaded from elsewhere, and no page may run what is not ours', async () => {
    const foreign: string[] = [];
    at.context.on('request', (request) => {
      if (!request.url().startsWith(at.stack.server.url)) foreign.push(request.url());
    });
    await at.signIn();
    const answer = await at.page.goto(at.url('/clients'));

    expect(foreign).toEqual([]);
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
    expect(answer?.headers()['content-security-policy']).not.toContain('unsafe');
  });
});
