import { lookup } from 'node:dns/promises';
import { describe, expect, test } from 'vitest';
import { askNameServers } from '../../src/callbacks/resolve.ts';
import { callbackSender } from '../../src/callbacks/send.ts';
import { until } from '../helpers/until.ts';
import { spyOnConnections } from './connect-spy.ts';
import { startNameServer } from './name-server.ts';

describe('a name has', () => {
  test.each([
    ['both kinds of addresses', ['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    ['one kind', ['192.0.2.1']],
    ['the other kind', ['2001:db8::1']],
  ])('%s', async (_name, addresses) => {
    const { server } = await startNameServer(addresses);

    expect(await askNameServers([server])('hooks.example')).toEqual(addresses);
  });

  test('none: that is an error with a code', async () => {
    const { server } = await startNameServer([]);

    await expect(askNameServers([server])('hooks.example')).rejects.toMatchObject({ code: 'ENODATA' });
  });
});

test('names whose servers are silent do not hold up the look-ups of everybody else', async () => {
  const { server, asked } = await startNameServer();
  const resolve = askNameServers([server]);
  let ended = 0;
  for (let name = 1; name <= 20; name += 1) resolve(`dead-${name}.example`).catch(() => void (ended += 1));
  await until(() => asked() >= 20, 'all to be asked for');

  await lookup('localhost');

  expect(ended).toBe(0);
});

test('one private address among all that the name servers know of a name is enough to refuse it', async () => {
  const spy = spyOnConnections();
  const { server } = await startNameServer(['8.8.8.8', '2001:4860:4860::8888', '10.0.0.1']);
  const send = callbackSender({
    signingSecrets: [`whsec_${Buffer.alloc(32, 5).toString('base64')}`],
    allowedHosts: [],
    resolve: askNameServers([server]),
  });

  expect(await send({ id: 'msg_1', url: 'https://hooks.example/', body: '{}' })).toEqual({
    error: 'refused: the name in the URL leads to an address that is not public',
  });
  expect(spy.addresses()).toEqual([]);
});
