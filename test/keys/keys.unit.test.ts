/** The parts that decide: the form of a key, and what a command line means. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../src/commands/keys/options.ts';
import {
  fitsVerifier,
  formatKeyToken,
  newKeyToken,
  readKeyToken,
  verifierOf,
} from '../../src/ledger/key-token.ts';
import { secretValues } from '../../src/log/secret-values.ts';

describe('a key', () => {
  test('is read as it was written, and no two are the same', () => {
    const tokens = Array.from({ length: 200 }, newKeyToken);

    for (const token of tokens) expect(readKeyToken(formatKeyToken(token))).toEqual(token);
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(200);
    expect(new Set(tokens.map(({ secret }) => secret)).size).toBe(200);
  });

  test('fits its own verifier only', () => {
    const [token, other] = [newKeyToken(), newKeyToken()];

    expect(fitsVerifier(token, verifierOf(token))).toBe(true);
    expect(fitsVerifier(token, verifierOf(other))).toBe(false);
    expect(fitsVerifier({ ...token, id: other.id }, verifierOf(token))).toBe(false);
    expect(fitsVerifier({ ...token, secret: other.secret }, verifierOf(token))).toBe(false);
  });

  test('is not what has another form', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(readKeyToken(text)).toBeUndefined();
        expect(readKeyToken(`cpk_${text}`)).toBeUndefined();
        expect(readKeyToken(`${formatKeyToken(newKeyToken())}${text || '\n'}`)).toBeUndefined();
      }),
    );
  });
});

describe('a command', () => {
  test('is read as it was meant', () => {
    expect(readCommand(['create', '--name', 'ci', '--role', 'operator'])).toEqual({
      verb: 'create',
      name: 'ci',
      role: 'operator',
      expiresInDays: undefined,
    });
    expect(
      readCommand(['create', '--role=viewer', '--name= Grafana ', '--expires-in-days', '90']),
    ).toMatchObject({ name: 'Grafana', role: 'viewer', expiresInDays: 90 });
    expect(readCommand(['list'])).toEqual({ verb: 'list' });
    expect(readCommand(['rotate'])).toEqual({ verb: 'rotate' });
    expect(readCommand(['revoke', '0123456789ab'])).toEqual({ verb: 'revoke', id: '0123456789ab' });
    expect(readCommand(['create', '--help'])).toEqual({ verb: 'help' });
  });

  const create = (...more: string[]) => ['create', '--name', 'ci', '--role', 'viewer', ...more];
  test.each<[string, string[]]>([
    ['Say what to do', []],
    ['Say what to do', ['delete']],
    ['--name', ['create', '--role', 'viewer']],
    ['--name', ['create', '--role', 'viewer', '--name', ' ']],
    ['--name', ['create', '--role', 'viewer', '--name', 'x'.repeat(101)]],
    ['--name', ['create', '--role', 'viewer', '--name', 'a\u202eb']],
    ['--role', ['create', '--name', 'ci']],
    ['--role', ['create', '--name', 'ci', '--role', 'owner']],
    ['--role', ['create', '--name', 'ci', '--role', 'Admin']],
    ['--expires-in-days', create('--expires-in-days', '0')],
    ['--expires-in-days', create('--expires-in-days', '3651')],
    ['--expires-in-days', create('--expires-in-days', '1.5')],
    ['--expires-in-days', create('--expires-in-days', '1e2')],
    ['more arguments', create('more')],
    ["'--rol'", create('--rol', 'admin')],
    ['more arguments', ['list', 'all']],
    ["'--all'", ['list', '--all']],
    ['give the id', ['revoke']],
    ['give the id', ['revoke', '0123']],
    ['more arguments', ['revoke', '0123456789ab', '0123456789ac']],
  ])('that is wrong is answered with %s: %j', (message, args) => {
    expect(() => readCommand(args)).toThrow(message);
  });

  test('does not repeat a key that was given for its id', () => {
    const key = formatKeyToken(newKeyToken());
    let message = '';
    try {
      readCommand(['revoke', key]);
    } catch (error) {
      message = String(error);
    }

    expect(message).toContain('give the id');
    expect(message).not.toContain(key);
  });
});

test('nothing of the issuer of JWTs is taken for a secret', () => {
  expect(secretValues({ AUTH_JWKS_URL: 'https://auth.example/jwks.json', AUTH_AUDIENCE: 'us' })).toEqual([]);
});
