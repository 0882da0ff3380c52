import { describe, expect, test } from 'vitest';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { steps } from '../../src/steps/index.ts';
import { n8nWebhooks } from '../../src/steps/n8n-webhooks.ts';
import { goodEnvironment } from './support.ts';

const groups = [coreEnvironment, serverEnvironment, workerEnvironment] as const;
const everything = [...groups, ...steps.map(({ environment }) => environment)];

function problemsOf(change: Record<string, string | undefined>): string[] {
  try {
    loadConfig({ ...goodEnvironment, ...change }, everything);
    return [];
  } catch (error) {
    return (error instanceof Error ? error.message : '')
      .split('\n')
      .filter((line) => line.startsWith('  - '));
  }
}

test('a complete environment has no problem, and what is left out has its default', () => {
  expect(loadConfig(goodEnvironment, groups)).toMatchObject({
    PORT: 3000,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    PROVIDER_TIMEOUT_MS: 30_000,
    STEP_MAX_ATTEMPTS: 5,
    RETRY_BASE_MS: 1000,
    POLL_BASE_MS: 2000,
    READY_TIMEOUT_MS: 600_000,
    CALLBACK_RETRY_BASE_MS: 5000,
    SETTLE_MS: 15_000,
    LEASE_MS: 30_000,
    SWEEP_INTERVAL_MS: 5000,
    WORKER_CONCURRENCY: 20,
    CALLBACK_ALLOWED_HOSTS: [],
    RATE_LIMIT_PER_MINUTE: 600,
  });
  expect(problemsOf({})).toEqual([]);
});

test('an empty or blank variable counts as missing', () => {
  expect(problemsOf({ ADMIN_API_KEY: '', GITHUB_TOKEN: '  ' })).toEqual([
    '  - ADMIN_API_KEY is missing',
    '  - GITHUB_TOKEN is missing',
  ]);
  expect(loadConfig({ ...goodEnvironment, PORT: ' ', REDIS_URL: '' }, groups)).toMatchObject({ PORT: 3000 });
});

describe('a variable that cannot be used is named once, for', () => {
  const key = Buffer.alloc(32, 1).toString('base64');
  // Longer than OpenSSL can take as the name of a server.
  const nameTooLong = `${'a'.repeat(50)}.`.repeat(6);
  test.each<[string, string]>([
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'localhost:5432'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'http://localhost:6379'],
    ['LOG_LEVEL', 'verbose'],
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PUBLIC_URL', 'provisioner.example'],
    ['PUBLIC_URL', 'ftp://provisioner.example'],
    ['ADMIN_API_KEY', 'x'.repeat(31)],
    ['RATE_LIMIT_PER_MINUTE', '-1'],
    ['RATE_LIMIT_PER_MINUTE', '1.5'],
    ['ENCRYPTION_KEYS', 'k1'],
    ['ENCRYPTION_KEYS', key],
    ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(31).toString('base64')}`],
    ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(33).toString('base64')}`],
    ['ENCRYPTION_KEYS', `k1:${key.replace('A', '!')}`],
    ['ENCRYPTION_KEYS', `k1:${key}:more`],
    ['ENCRYPTION_KEYS', `:${key}`],
    ['ENCRYPTION_KEYS', `a key:${key}`],
    ['ENCRYPTION_KEYS', `k1:${key},`],
    ['ENCRYPTION_KEYS', `k1:${key},k1:${key}`],
    ['WEBHOOK_SIGNING_SECRET', 'secret'],
    ['WEBHOOK_SIGNING_SECRET', Buffer.alloc(32).toString('base64')],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${'A'.repeat(33)}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${key},`],
    ['WEBHOOK_SIGNING_SECRET', `,whsec_${key}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${key},${key}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${key} whsec_${key}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${key},whsec_${key}`],
    ['WEBHOOK_SIGNING_SECRET', `whsec_${key},whsec_${Buffer.alloc(23).toString('base64')}`],
    ['CALLBACK_ALLOWED_HOSTS', 'http://hooks.example'],
    ['CALLBACK_ALLOWED_HOSTS', 'hooks.example/path'],
    ['CALLBACK_ALLOWED_HOSTS', 'hooks.example, two words'],
    ['PROVIDER_TIMEOUT_MS', '0'],
    ['PROVIDER_TIMEOUT_MS', '30s'],
    ['READY_TIMEOUT_MS', '2147483648'],
    ['RETRY_BASE_MS', '1.5'],
    ['STEP_MAX_ATTEMPTS', '0'],
    ['SETTLE_MS', '-1'],
    ['LEASE_MS', 'NaN'],
    ['WORKER_CONCURRENCY', 'Infinity'],
    ['SUPABASE_ORG_ID', 'Our Organization'],
    ['SUPABASE_REGION', 'smartGroup:mars'],
    ['SUPABASE_INSTANCE_SIZES', 'gold:large'],
    ['SUPABASE_API_URL', 'api.supabase.com'],
    ['SUPABASE_DB_SESSION_PORT', '0'],
    ['SUPABASE_DB_SSL', 'prefer'],
    ['SCHEMA_TRANSPORT', 'ssh'],
    ['GITHUB_ORG', 'our/organization'],
    ['GITHUB_TEMPLATE_REPO', 'a/b/c'],
    ['GITHUB_API_URL', 'api.github.com'],
    ['VERCEL_API_URL', 'api.vercel.com'],
    ['N8N_HOST', 'http://'],
    ['N8N_HOST', 'ftp://n8n.example'],
    ['N8N_HOST', 'https://user:password@n8n.example'],
    ['N8N_HOST', 'n8n.example/?a=b'],
    ['SUPABASE_DB_CA', 'nowhere.pem'],
    ['SUPABASE_DB_CA', 'package.json'],
    ['N8N_WEBHOOK_URL', 'two words'],
    ['DATABASE_URL', `postgres://${nameTooLong}/x`],
    ['REDIS_URL', `rediss://${nameTooLong}`],
    ['PUBLIC_URL', `https://${nameTooLong}`],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `https://${nameTooLong}`],
    ['CALLBACK_ALLOWED_HOSTS', nameTooLong],
    ['SUPABASE_API_URL', `https://${nameTooLong}`],
    ['N8N_HOST', nameTooLong],
    ['N8N_WEBHOOK_URL', `https://${'a'.repeat(64)}.example`],
  ])('%s=%s', (name, value) => {
    const problems = problemsOf({ [name]: value });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^  - ${name}: \\S`));
  });
});

describe('a credential that no header can carry is named, and said to', () => {
  const names = [
    'SUPABASE_MANAGEMENT_TOKEN',
    'GITHUB_TOKEN',
    'VERCEL_TOKEN',
    'VERCEL_TEAM_ID',
    'N8N_API_KEY',
  ];
  const value = 'ghp_of-more-than-thirty-two-characters';

  test.each([
    ['have double quotes around it', `"${value}"`, 'must be without the quotes around it'],
    ['have single quotes around it', `'${value}'`, 'must be without the quotes around it'],
    ['have typographic quotes around it', `“${value}”`, 'must be without the quotes around it'],
    ['have a quote at its end', `${value}"`, 'must be without the quotes around it'],
    ['have a word before it', `Bearer ${value}`, 'must be the token alone, without the word before it'],
    ['be shortened', `${value}…`, 'is not all of it: it was shortened or masked where it was copied from'],
    ['be masked', `${value}••••`, 'is not all of it: it was shortened or masked where it was copied from'],
    ['have a line break in it', `${value}\n${value}`, 'must not have a line break'],
    ['have a line break at its end', `${value}\r\n`, 'must not have a line break'],
    ['have a space in it', `${value} ${value}`, 'must not have a space'],
    ['have a space before it', ` ${value}`, 'must not have a space'],
    ['have a space that does not break', `${value}\u00a0`, 'must not have a space'],
    [
      'have a character of no width',
      `${value}\u200b`,
      'has a character that cannot be seen: copy it again from where it was made',
    ],
    [
      'have the mark of a byte order',
      `\ufeff${value}`,
      'has a character that cannot be seen: copy it again from where it was made',
    ],
    [
      'have a letter of another alphabet',
      `${value}а`,
      'must be of ASCII characters only: copy it again from where it was made',
    ],
  ])('%s', (_name, text, problem) => {
    const problems = problemsOf(Object.fromEntries(names.map((name) => [name, text])));

    expect(problems.toSorted()).toEqual(names.map((name) => `  - ${name}: ${problem}`).toSorted());
    expect(problems.join()).not.toContain(value);
  });

  test('be another, as the key of the API that somebody has chosen', () => {
    const key = 'x'.repeat(32);
    const problemWith = (ADMIN_API_KEY: string) => problemsOf({ ADMIN_API_KEY });

    expect(problemWith(`"${key}"`)).toEqual(['  - ADMIN_API_KEY: must be without the quotes around it']);
    expect(problemWith(`${key}\n`)).toEqual(['  - ADMIN_API_KEY: must not have a line break']);
    expect(problemWith(`${key}é`)).toHaveLength(1);
    expect(problemWith(`${key}***'`)).toEqual([]);
  });

  test.each([
    ['ENCRYPTION_KEYS', `"${goodEnvironment['ENCRYPTION_KEYS']}"`],
    ['WEBHOOK_SIGNING_SECRET', `'${goodEnvironment['WEBHOOK_SIGNING_SECRET']}'`],
  ])('have quotes around it, as %s', (name, text) => {
    expect(problemsOf({ [name]: text })).toEqual([`  - ${name}: must be without the quotes around it`]);
  });
});

test.each([
  ['n8n.example', 'https://n8n.example'],
  ['n8n.example:5678/flows/', 'https://n8n.example:5678/flows'],
  ['http://n8n.example', 'http://n8n.example'],
  ['HTTPS://n8n.example//', 'https://n8n.example'],
])('N8N_HOST=%s is %s', (N8N_HOST, url) => {
  expect(loadConfig({ ...goodEnvironment, N8N_HOST }, [n8nWebhooks.environment])).toMatchObject({
    N8N_HOST: url,
  });
});

test("a slash at the end of a provider's address does no harm", () => {
  const names = ['SUPABASE_API_URL', 'GITHUB_API_URL', 'VERCEL_API_URL'];
  const given = Object.fromEntries(names.map((name) => [name, 'https://api.example/v3/']));
  const config: Record<string, unknown> = loadConfig({ ...goodEnvironment, ...given }, everything);

  for (const name of names) expect(config[name]).toBe('https://api.example/v3');
});

test('what verifies a database has somebody who vouches for it', () => {
  expect(problemsOf({ SUPABASE_DB_SSL: 'verify', GITHUB_TOKEN: '' })).toEqual([
    '  - SUPABASE_DB_CA is missing',
    '  - GITHUB_TOKEN is missing',
  ]);
  expect(problemsOf({ SUPABASE_DB_SSL: 'require' })).toEqual([]);
});

describe('an issuer of JWTs', () => {
  const issuer = {
    AUTH_JWKS_URL: 'https://auth.example/jwks.json',
    AUTH_ISSUER: 'https://auth.example',
    AUTH_AUDIENCE: 'provisioner',
  };

  test('can be left out, or given as a whole', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf(issuer)).toEqual([]);
  });

  test.each(Object.keys(issuer))('with %s alone lacks the other two, listed with everything else', (name) => {
    const given = Object.entries(issuer).filter(([key]) => key === name);
    const others = Object.keys(issuer).filter((key) => key !== name);

    expect(problemsOf({ ...Object.fromEntries(given), ADMIN_API_KEY: '' })).toEqual([
      '  - ADMIN_API_KEY is missing',
      ...others.map((other) => `  - ${other} is missing`),
    ]);
  });

  test('has its keys at an address of the web', () => {
    expect(problemsOf({ ...issuer, AUTH_JWKS_URL: 'file:///keys.json' })).toHaveLength(1);
    expect(problemsOf({ ...issuer, AUTH_JWKS_URL: `https://${'a'.repeat(64)}.example/` })).toHaveLength(1);
  });

  test('has its keys where nobody can change them on their way', () => {
    const withKeysAt = (AUTH_JWKS_URL: string) => problemsOf({ ...issuer, AUTH_JWKS_URL });
    expect(withKeysAt('http://auth.example/jwks.json')).toEqual([
      '  - AUTH_JWKS_URL: must be an https:// URL',
    ]);
    expect(withKeysAt('http://127.0.0.1:9999/jwks.json')).toEqual([]);
  });
});

test('no value of a secret is repeated in the message', () => {
  const secrets = {
    ADMIN_API_KEY: 'too-short-secret-1',
    ENCRYPTION_KEYS: 'k1:too-short-secret-2',
    WEBHOOK_SIGNING_SECRET: 'too-short-secret-3,whsec_too-short-secret-3',
    DATABASE_URL: 'mysql://u:too-short-secret-4@h/d',
    REDIS_URL: 'http://u:too-short-secret-5@h/',
  };

  expect(problemsOf(secrets)).toHaveLength(6);
  expect(problemsOf(secrets).join()).not.toContain('too-short-secret');
});

describe('encryption keys', () => {
  const [first, second] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];

  test('are kept in their order, each by its id', () => {
    const text = `new:${first.toString('base64')}, old_2025:${second.toString('base64')}`;

    const { ENCRYPTION_KEYS } = loadConfig({ ...goodEnvironment, ENCRYPTION_KEYS: text }, groups);

    expect(ENCRYPTION_KEYS).toEqual([
      { id: 'new', key: first },
      { id: 'old_2025', key: second },
    ]);
  });
});

describe('signing secrets', () => {
  const [newer, older] = [5, 6].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

  test.each([
    ['one', `${newer}`, [newer]],
    ['several, in their order', `${newer}, ${older}`, [newer, older]],
  ])('are %s', (_name, text, secrets) => {
    const { WEBHOOK_SIGNING_SECRET } = loadConfig(
      { ...goodEnvironment, WEBHOOK_SIGNING_SECRET: text },
      groups,
    );

    expect(WEBHOOK_SIGNING_SECRET).toEqual(secrets);
  });

  test('that cannot be used are named by their place', () => {
    expect(problemsOf({ WEBHOOK_SIGNING_SECRET: `${newer},whsec_short,${older}` })).toEqual([
      '  - WEBHOOK_SIGNING_SECRET: secret 2 of 3 must be whsec_ and at least 24 bytes in base64',
    ]);
  });
});

describe('allowed hosts', () => {
  test.each([
    ['hooks.internal', [{ hostname: 'hooks.internal', port: undefined }]],
    ['Hooks.Internal:8443', [{ hostname: 'hooks.internal', port: '8443' }]],
    ['127.0.0.1:9', [{ hostname: '127.0.0.1', port: '9' }]],
    ['::1', [{ hostname: '[::1]', port: undefined }]],
    ['[0:0:0:0:0:0:0:1]:9', [{ hostname: '[::1]', port: '9' }]],
    [
      ' a , b:1 ,',
      [
        { hostname: 'a', port: undefined },
        { hostname: 'b', port: '1' },
      ],
    ],
  ])('%s', (text, hosts) => {
    const { CALLBACK_ALLOWED_HOSTS } = loadConfig(
      { ...goodEnvironment, CALLBACK_ALLOWED_HOSTS: text },
      groups,
    );

    expect(CALLBACK_ALLOWED_HOSTS).toEqual(hosts);
  });
});
