import { describe, expect, test } from 'vitest';
import { versionText } from '../../src/version.ts';
import { createLogger } from '../../src/log/logger.ts';
import { secretValues } from '../../src/log/secret-values.ts';

function logged(secrets: readonly string[], write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = { write: (line: string) => (text += line) };
  write(createLogger({ level: 'trace', secrets, destination }));
  return text;
}

/** What becomes of a text in the log. */
function scrub(text: string, secrets: readonly string[] = []): unknown {
  return (JSON.parse(logged(secrets, (log) => log.info(text))) as { msg: unknown }).msg;
}

test('a line is JSON with level, version, time and message, and says nothing about the machine', () => {
  const line = logged([], (log) => log.info({ step: 'github-repo' }, 'step succeeded'));

  expect(JSON.parse(line)).toEqual({
    level: 30,
    version: versionText,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
    step: 'github-repo',
    msg: 'step succeeded',
  });
});

describe('a known secret is taken out of', () => {
  const secret = 'k3y "with" quotes/+=';
  test.each<[string, (log: ReturnType<typeof createLogger>) => void]>([
    ['the message', (log) => log.info(`answered ${secret}`)],
    ['a field', (log) => log.info({ key: secret }, 'x')],
    ['the name of a field', (log) => log.info({ [secret]: 1 }, 'x')],
    ['a nested field', (log) => log.info({ a: { b: [{ c: `x${secret}y` }] } }, 'x')],
    ['an error', (log) => log.error({ err: new Error(`refused: ${secret}`) }, 'x')],
    ['the cause of an error', (log) => log.error({ err: new Error('x', { cause: new Error(secret) }) }, 'x')],
    [
      'a field of an error',
      (log) => log.error({ err: Object.assign(new Error('x'), { token: secret }) }, 'x'),
    ],
    ['a URL', (log) => log.info({ url: `https://h.example/?key=${encodeURIComponent(secret)}` }, 'x')],
  ])('%s', (_name, write) => {
    const line = logged([secret], write);

    expect(line).toContain('[secret]');
    expect(line).not.toContain('with');
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

describe('a known secret is taken out in the form of', () => {
  const secret = 'k3y-of/a+provider?_1234';
  const bytes = (before: string) => Buffer.from(`${before}${secret}: refused`);
  test.each([
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ token: secret }) })],
    ['a URL', encodeURIComponent(secret)],
    ...['', 'u', 'us'].flatMap((before): [string, string][] => [
      [`base64 after ${before.length} bytes`, bytes(before).toString('base64')],
      [`base64url after ${before.length} bytes`, bytes(before).toString('base64url')],
    ]),
  ])('%s', (_name, text) => {
    const clean = String(scrub(text, [secret]));

    expect(clean).toContain('[secret]');
    expect(Buffer.from(clean.replaceAll('[secret]', ''), 'base64').toString()).not.toMatch(/k3y|provider/);
  });

  test('base64url, though it was given in base64', () => {
    const key = Buffer.from('\xfb\xff\xbe'.repeat(8), 'latin1');

    expect(scrub(`key ${key.toString('base64url')}`, [key.toString('base64')])).toBe('key [secret]');
  });
});

test('of two secrets the longer is taken out whole, though it begins with the other', () => {
  expect(scrub('is secret-1-and-more', ['secret-1', 'secret-1-and-more'])).toBe('is [secret]');
});

test('of a key of the API its id stays', () => {
  expect(scrub(`before cpk_0123456789ab_${'Ab-_'.repeat(10)}abc after`)).toBe(
    'before cpk_0123456789ab_[secret] after',
  );
});

describe('what looks like a secret is taken out although nobody named it:', () => {
  test.each([
    ["Supabase's token", 'sbp_0123456789abcdef0123'],
    ["Supabase's secret key", 'sb_secret_abc-DEF_123456'],
    ["GitHub's token", 'ghp_0123456789abcdefABCDEF'],
    ["GitHub's fine-grained token", 'github_pat_11ABCDEFG0_abcdefgh'],
    ['a signing secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl'],
  ])('%s', (_name, secret) => {
    expect(scrub(`before ${secret} after`)).toBe('before [secret] after');
  });

  test('a bearer token', () => {
    expect(scrub('Authorization: Bearer abcdef123456')).toBe('Authorization: Bearer [secret]');
  });

  test('a password in a URL', () => {
    expect(scrub('at postgres://user:p4ss@db.example:5432/x now')).toBe(
      'at postgres://user:[secret]@db.example:5432/x now',
    );
  });
});

test('ordinary text stays as it is', () => {
  const text =
    '{"url":"http://127.0.0.1:3000","err":"supabase: DELETE /v1/projects/{ref} answered 403","at":"2026-01-01T10:20:30.000Z"}';

  expect(scrub(text, ['a-secret-that-is-not-there'])).toBe(text);
});

test('a value too short to be a secret is not looked for', () => {
  expect(scrub('a log line', ['log'])).toBe('a log line');
});

test('a long line is scrubbed in no time', () => {
  const text = `${'://a:'.repeat(20_000)}${'eyJ'.repeat(20_000)}${'Bearer '.repeat(10_000)}`;
  const before = performance.now();

  scrub(text, ['some-secret']);

  expect(performance.now() - before).toBeLessThan(2000);
});

describe('the secrets among the variables are', () => {
  test('tokens, keys, secrets, and the passwords inside URLs, as written and as meant', () => {
    expect(
      secretValues({
        GITHUB_TOKEN: 'token-1',
        N8N_API_KEY: 'key-2',
        WEBHOOK_SIGNING_SECRET: 'whsec_3, whsec_3-before',
        ENCRYPTION_KEYS: 'new:a2V5LTQ=,old:a2V5LTU=',
        DATABASE_URL: 'postgres://user:p%40ss@localhost/x',
        REDIS_URL: 'redis://:redis-password@localhost',
        PGPASSWORD: 'password-6',
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20otlp-7,x-key=otlp-8',
        GITHUB_ORG: 'acme',
        N8N_HOST: 'https://n8n.example',
        SUPABASE_MANAGEMENT_TOKEN: undefined,
        VERCEL_TOKEN: '',
      }),
    ).toEqual([
      'token-1',
      'key-2',
      'whsec_3',
      '3',
      'whsec_3-before',
      '3-before',
      'a2V5LTQ=',
      'a2V5LTU=',
      'p%40ss',
      'p@ss',
      'redis-password',
      'password-6',
      'Basic%20otlp-7',
      'Basic otlp-7',
      'otlp-7',
      'otlp-8',
    ]);
  });

  test('also those in a URL whose password was not escaped well', () => {
    expect(secretValues({ DATABASE_URL: 'postgres://user:50%off-password@localhost/x' })).toContain(
      '50%off-password',
    );
  });
});
