/** The connection to a client's database, in each way that SUPABASE_DB_SSL knows. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import { withDatabase, type DatabaseTls } from '../../src/providers/postgres.ts';

const postgres = new URL(inject('postgresUrl'));

/** A certificate for that host, which vouches for itself. */
async function certificateFor(host: string) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: host }]);
  return { cert, key };
}

/** PostgreSQL behind TLS: it answers the request for it with `S`, and the rest goes through encrypted. */
async function startPooler(certificate: { cert: string; key: string }) {
  const secureContext = createSecureContext(certificate);
  const encrypted: boolean[] = [];
  const server = createServer((raw) => {
    raw.on('error', () => {});
    raw.once('data', (chunk: Buffer) => {
      // https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest
      const isTls = chunk.length === 8 && chunk.readInt32BE(4) === 80_877_103;
      encrypted.push(isTls);
      const inside = connect(Number(postgres.port), postgres.hostname);
      inside.on('error', () => raw.destroy());
      raw.on('close', () => inside.destroy());
      if (!isTls) {
        inside.write(chunk);
        raw.pipe(inside).pipe(raw);
        return;
      }
      raw.write('S');
      const secure = new TLSSocket(raw, { isServer: true, secureContext });
      secure.on('error', () => raw.destroy());
      secure.pipe(inside).pipe(secure);
    });
  }).listen(0, 'localhost');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, encrypted, stop: () => server.close() };
}

let ours: Awaited<ReturnType<typeof certificateFor>>;
let other: typeof ours;
let pooler: Awaited<ReturnType<typeof startPooler>>;
let elsewhere: typeof pooler;
beforeAll(async () => {
  ours = await certificateFor('localhost');
  other = await certificateFor('elsewhere.example');
  pooler = await startPooler(ours);
  elsewhere = await startPooler(other);
});
afterAll(() => {
  pooler?.stop();
  elsewhere?.stop();
});

const ask = (port: number, tls: DatabaseTls) =>
  withDatabase(
    {
      host: 'localhost',
      port,
      user: postgres.username,
      password: decodeURIComponent(postgres.password),
      database: postgres.pathname.slice(1),
    },
    tls,
    { timeoutMs: 10_000, signal: AbortSignal.timeout(20_000) },
    async (client) => (await client.query<{ one: number }>('select 1 as one')).rows[0]?.one,
  );

describe('SUPABASE_DB_SSL', () => {
  test('disable connects without encryption', async () => {
    expect(await ask(pooler.port, { mode: 'disable', ca: undefined })).toBe(1);
    expect(pooler.encrypted.at(-1)).toBe(false);
  });

  test('require encrypts, whoever the certificate is from: the pooler has one of its own CA', async () => {
    expect(await ask(elsewhere.port, { mode: 'require', ca: undefined })).toBe(1);
    expect(elsewhere.encrypted.at(-1)).toBe(true);
  });

  test('verify takes a certificate that SUPABASE_DB_CA vouches for', async () => {
    expect(await ask(pooler.port, { mode: 'verify', ca: ours.cert })).toBe(1);
    expect(pooler.encrypted.at(-1)).toBe(true);
  });

  test.each([
    ['of somebody else', () => pooler],
    ['for another host', () => elsewhere],
  ] as const)('verify refuses a certificate %s, and says so', async (_name, server) => {
    const tls = { mode: 'verify', ca: other.cert } as const;
    const refusal = await ask(server().port, tls).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ProviderError);
    expect(refusal).toMatchObject({ message: expect.stringContaining('SUPABASE_DB_CA') as string });
  });
});
