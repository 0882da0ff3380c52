/** JWTs of an issuer that the server trusts: who gets in with one, as what, and who does not. */
import { generateKeyPair, SignJWT, UnsecuredJWT, exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { accepted, goodClaims, inSeconds, startIssuer, type Claims, type TestIssuer } from './issuer.ts';
import { order, post, problemOf, startApi, untilReady } from './support.ts';

let issuer: TestIssuer;
let stack: Stack;
beforeAll(async () => {
  issuer = await startIssuer();
  stack = await startApi(issuer.environment);
});
afterAll(async () => {
  await stack?.stop();
  await issuer?.stop();
});

const look = (key: string) => stack.call('/api/provisioning', { key });
const admin = { app_metadata: { role: 'admin' } };

describe('a valid token', () => {
  test.each(accepted)('signed with %s opens the API', async (algorithm) => {
    const token = await issuer.sign({}, { algorithm });

    expect((await look(token)).status).toBe(200);
    expect((await post(stack, order(), { key: token })).status).toBe(202);
  });

  test('may name several audiences, ours among them', async () => {
    expect((await look(await issuer.sign({ aud: ['another', 'provisioner'] }))).status).toBe(200);
  });

  test.each(['viewer', 'operator'])('with the role %s may look and not provision', async (role) => {
    const token = await issuer.sign({ app_metadata: { role } });

    expect((await look(token)).status).toBe(200);
    const refused = await post(stack, order(), { key: token });
    expect(refused.status).toBe(403);
    expect((await problemOf(refused)).code).toBe('forbidden');
  });

  test('names its subject in the history of what it has done', async () => {
    const { id } = await stack.provision();
    const key = await issuer.sign({ sub: 'auth0|7d1f' });

    const response = await stack.call(`/api/provisioning/${id}/cancel`, { method: 'POST', key });

    expect(response.status).toBe(202);
    const { rows } = await stack.pool.query<{ event: string }>(
      'select e::text as event from ledger.events e where provisioning_id = $1',
      [id],
    );
    expect(rows.map(({ event }) => event).join('\n')).toContain('jwt:auth0|7d1f');
  });

  test('may be a few seconds off by its clock', async () => {
    expect((await look(await issuer.sign({ nbf: inSeconds(3) }))).status).toBe(200);
  });
});

describe('a valid token without a role for us may do nothing:', () => {
  const claims: readonly [string, Claims][] = [
    ['no metadata', { app_metadata: undefined }],
    ['metadata without a role', { app_metadata: {} }],
    ['the role in user_metadata', { app_metadata: {}, user_metadata: { role: 'admin' } }],
    ['the role at the top', { app_metadata: {}, role: 'admin' }],
    ['the role at the top alone', { app_metadata: undefined, role: 'admin' }],
    ['the role in user_metadata alone', { app_metadata: undefined, user_metadata: { role: 'admin' } }],
    ['the role of Postgres', { app_metadata: {}, role: 'service_role' }],
    ['roles as a list', { app_metadata: { role: ['admin'] } }],
    ['several roles', { app_metadata: { roles: ['admin'] } }],
    ['another role', { app_metadata: { role: 'owner' } }],
    ['the role in capitals', { app_metadata: { role: 'Admin' } }],
    ['the role with a blank', { app_metadata: { role: 'admin ' } }],
    ['the role as an object', { app_metadata: { role: { admin: true } } }],
    ['true as its role', { app_metadata: { role: true } }],
    ['metadata as text', { app_metadata: '{"role":"admin"}' }],
    ['metadata as a list', { app_metadata: [{ role: 'admin' }] }],
    ['the role in a flat name', { 'app_metadata.role': 'admin', app_metadata: null }],
    [
      'the role by way of its prototype',
      { app_metadata: JSON.parse('{"__proto__":{"role":"admin"}}') as object },
    ],
  ];
  test.each(claims)('%s', async (_name, given) => {
    const key = await issuer.sign(given);
    const responses = await Promise.all([
      look(key),
      post(stack, order(), { key }),
      stack.call('/api/orphans', { key }),
      stack.call('/admin/queues/api/queues', { key }),
      stack.call('/nothing/here', { key }),
    ]);

    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 403));
    for (const response of responses) expect((await problemOf(response)).code).toBe('forbidden');
  });
});

describe('401 for a token', () => {
  const bySomebodyElse = async (header: Record<string, unknown>) => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return new SignJWT({ ...goodClaims(), ...admin })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(privateKey);
  };
  const ownKey = async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    return JSON.parse(JSON.stringify(await crypto.subtle.exportKey('jwk', publicKey))) as object;
  };
  const hmacWith = (secret: string) =>
    new SignJWT({ ...goodClaims(), ...admin })
      .setProtectedHeader({ alg: 'HS256', kid: 'RS256' })
      .sign(new TextEncoder().encode(secret));
  const spliced = async (part: 0 | 1 | 2, replacement: (text: string) => string) => {
    const parts = (await issuer.sign({ app_metadata: { role: 'viewer' } })).split('.');
    parts[part] = replacement(parts[part] ?? '');
    return parts.join('.');
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const attacks: readonly [string, () => Promise<string>][] = [
    ['that nobody signed (alg none)', async () => new UnsecuredJWT({ ...goodClaims(), ...admin }).encode()],
    [
      'whose header says none, with a signature',
      () => spliced(0, () => encode({ alg: 'none', kid: 'ES256' })),
    ],
    ['whose header says nOnE', () => spliced(0, () => encode({ alg: 'nOnE' }))],
    ['without its signature', () => spliced(2, () => '')],
    [
      'with another signature',
      () => spliced(2, (text) => text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))),
    ],
    ['with another payload', () => spliced(1, () => encode({ ...goodClaims(), ...admin }))],
    [
      'signed by HS256 with the public key as its secret, as PEM',
      async () => {
        const key = await importJWK(issuer.publicKey('RS256'), 'RS256');
        if (key instanceof Uint8Array) throw new Error('it is no public key');
        return hmacWith(await exportSPKI(key));
      },
    ],
    [
      'signed by HS256 with the public key as its secret, as JWK',
      () => hmacWith(JSON.stringify(issuer.publicKey('RS256'))),
    ],
    ['signed by HS256 with nothing as its secret', () => hmacWith('\0')],
    [
      'signed as the issuer signs it, by an algorithm that we do not take',
      () => issuer.sign({}, { algorithm: 'ES384' }),
    ],
    ['signed by somebody else in the name of our key', () => bySomebodyElse({ kid: 'ES256' })],
    ['signed by a key that is not published', () => bySomebodyElse({ kid: 'unknown' })],
    ['that brings its own key (jwk)', async () => bySomebodyElse({ jwk: await ownKey() })],
    ['that names where its key is (jku)', () => bySomebodyElse({ jku: 'http://127.0.0.1:1/jwks.json' })],
    [
      'that names where its certificate is (x5u)',
      () => bySomebodyElse({ x5u: 'http://127.0.0.1:1/cert.pem' }),
    ],
    ['whose key id is a path', () => bySomebodyElse({ kid: '../../../dev/null' })],
    [
      'signed with one key in the name of another',
      () => issuer.sign({}, { algorithm: 'RS256', header: { kid: 'PS256' } }),
    ],
    [
      'that needs what we do not know (crit)',
      () => spliced(0, () => encode({ alg: 'ES256', kid: 'ES256', crit: ['x'], x: 1 })),
    ],
  ];
  test.each(attacks)('%s', async (_name, make) => {
    const response = await look(await make());

    expect(response.status).toBe(401);
    expect((await problemOf(response)).code).toBe('unauthorized');
  });
});

/** Apart from the others: thirty failures in a minute are all that one API looks at. */
describe('401 for a token of the issuer', () => {
  let api: Stack;
  beforeAll(async () => {
    api = await startApi(issuer.environment);
  });
  afterAll(() => api?.stop());

  const claims: readonly [string, () => Claims][] = [
    ['of another issuer', () => ({ iss: 'https://other.example' })],
    ['of an issuer whose name begins like ours', () => ({ iss: 'https://auth.example.attacker.example' })],
    ['without an issuer', () => ({ iss: undefined })],
    ['for another audience', () => ({ aud: 'another' })],
    ['for other audiences', () => ({ aud: ['another', 'provisioner2'] })],
    ['without an audience', () => ({ aud: undefined })],
    ['that has expired', () => ({ exp: inSeconds(-60) })],
    ['that never expires', () => ({ exp: undefined })],
    ['that is not valid yet', () => ({ nbf: inSeconds(60) })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['whose subject would break a line of a record', () => ({ sub: 'a\nadmin-key' })],
    ['whose subject is endless', () => ({ sub: 'x'.repeat(201) })],
    ['of 9,000 characters', () => ({ padding: 'x'.repeat(9000) })],
  ];
  test.each(claims)('%s', async (_name, given) => {
    const key = await issuer.sign({ ...admin, ...given() });

    const response = await api.call('/api/provisioning', { key });

    expect(response.status).toBe(401);
    expect((await problemOf(response)).code).toBe('unauthorized');
  });

  test('whose expiry is text', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg: 'ES256', kid: 'ES256' })}.${part({ ...goodClaims(), ...admin, exp: '4000000000' })}`;
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      issuer.privateKey('ES256'),
      new TextEncoder().encode(input),
    );

    const key = `${input}.${Buffer.from(signature).toString('base64url')}`;

    expect((await api.call('/api/provisioning', { key })).status).toBe(401);
  });

  test('where no issuer is configured', async () => {
    const plain = await startApi();
    try {
      expect((await plain.call('/api/provisioning', { key: await issuer.sign() })).status).toBe(401);
    } finally {
      await plain.stop();
    }
  });
});

describe('at the dashboard’s sign-in', () => {
  const signIn = async (token: string) => {
    const response = await stack.call('/admin/sign-in', {
      key: '',
      method: 'POST',
      body: new URLSearchParams({ key: token }),
    });
    return { response, cookie: response.headers.get('set-cookie') };
  };
  const openWith = async (cookie: string | null) =>
    (await stack.call('/admin/queues', { key: '', headers: { cookie: cookie?.split(';')[0] ?? '' } })).status;

  test('a token begins a session that has its role and ends when it expires', async () => {
    const exp = inSeconds(300);
    const { response, cookie } = await signIn(
      await issuer.sign({ sub: 'ines', exp, app_metadata: { role: 'viewer' } }),
    );

    expect(response.status).toBe(303);
    const { rows } = await stack.pool.query<{ role: string; expires_at: Date }>(
      `select role, expires_at from ledger.sessions where by = 'jwt:ines'`,
    );
    expect(rows).toEqual([{ role: 'viewer', expires_at: new Date(exp * 1000) }]);
    expect(Date.parse(/Expires=([^;]+)/.exec(cookie ?? '')?.[1] ?? '')).toBe(exp * 1000);
    await untilReady(stack);
    expect(await openWith(cookie)).toBe(200);

    await stack.pool.query(`update ledger.sessions set expires_at = clock_timestamp() where by = 'jwt:ines'`);
    expect(await openWith(cookie)).toBe(401);
  });

  test.each([inSeconds(14 * 3600), 1e15, 1e30])(
    'a token that outlives twelve hours (%d) begins a session that does not',
    async (exp) => {
      expect((await signIn(await issuer.sign({ sub: `long-${exp}`, exp }))).response.status).toBe(303);

      const { rows } = await stack.pool.query<{ hours: number }>(
        `select extract(epoch from expires_at - created_at)::float8 / 3600 as hours from ledger.sessions where by = $1`,
        [`jwt:long-${exp}`],
      );
      expect(rows[0]?.hours).toBeCloseTo(12, 2);
    },
  );

  test('a token without a role for us begins none, and is told so', async () => {
    const { response, cookie } = await signIn(await issuer.sign({ app_metadata: {} }));

    expect(response.status).toBe(403);
    expect(await response.text()).toContain('This token has no role here.');
    expect(cookie).toBeNull();
  });

  test.each<[string, Claims]>([
    ['that has expired', { exp: inSeconds(-60) }],
    ['of another issuer', { iss: 'https://other.example' }],
  ])('a token %s begins none', async (_name, claims) => {
    const { response, cookie } = await signIn(await issuer.sign(claims));

    expect(response.status).toBe(401);
    expect(cookie).toBeNull();
  });

  test('a token as long as any that counts fits into the form', async () => {
    expect((await signIn(await issuer.sign({ padding: 'x'.repeat(5500) }))).response.status).toBe(303);
  });
});

test('the keys of the issuer are fetched once, not for every token', async () => {
  await Promise.all(Array.from({ length: 20 }, async () => look(await issuer.sign())));
  const before = issuer.asked();
  await Promise.all(Array.from({ length: 20 }, async () => look(await issuer.sign())));

  expect(issuer.asked()).toBe(before);
});

describe('while the issuer is away', () => {
  const ways = ['nothing', 'an error', 'no JSON', 'no keys'] as const;
  test.each(ways)(
    'and answers with %s, its tokens are 503 in bounded time, and keys open the API',
    async (way) => {
      const away = await startIssuer();
      const api = await startApi(away.environment);
      try {
        away.answerWith(way);
        const askedAt = performance.now();
        const asked = (async () => api.call('/api/provisioning', { key: await away.sign() }))();

        expect((await api.call('/api/provisioning')).status).toBe(200);
        const response = await asked;
        expect(performance.now() - askedAt).toBeLessThan(20_000);
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect((await problemOf(response)).code).toBe('issuer-unavailable');

        away.answerWith('keys');
        expect((await api.call('/api/provisioning', { key: await away.sign() })).status).toBe(200);
      } finally {
        await api.stop();
        await away.stop();
      }
    },
  );

  test('and its port is closed, its tokens are 503, and a made-up one gets no further', async () => {
    const away = await startIssuer();
    const api = await startApi(away.environment);
    try {
      await away.stop();

      expect((await api.call('/api/provisioning', { key: await away.sign() })).status).toBe(503);
      expect((await api.call('/api/provisioning', { key: 'a.b.c' })).status).toBe(401);
      expect((await api.call('/api/provisioning')).status).toBe(200);
    } finally {
      await api.stop();
    }
  });
});
