/** An issuer of JWTs that publishes its keys over HTTP, and can be slow or away. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

export const accepted = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
/** It publishes a key more, for an algorithm that is not accepted. */
const algorithms = [...accepted, 'ES384'] as const;
type Algorithm = (typeof algorithms)[number];

/** What a token claims, right or wrong. */
export type Claims = Readonly<Record<string, unknown>>;

export interface TestIssuer {
  /** The variables of a server that trusts it. */
  readonly environment: Record<string, string>;
  publicKey(algorithm: Algorithm): JWK;
  privateKey(algorithm: Algorithm): CryptoKey;
  /** A token of this issuer as it should be, but for the claims that are given; undefined leaves one out. */
  sign(
    claims?: Claims,
    options?: { algorithm?: Algorithm; header?: Record<string, unknown> },
  ): Promise<string>;
  /** What it answers from now on; by default its keys. */
  answerWith(what: 'keys' | 'nothing' | 'an error' | 'no JSON' | 'no keys'): void;
  /** How often its keys were asked for. */
  asked(): number;
  stop(): Promise<void>;
}

const issuer = 'https://auth.example';
const audience = 'provisioner';

export async function startIssuer(): Promise<TestIssuer> {
  const pairs = new Map(
    await Promise.all(
      algorithms.map(async (algorithm) => {
        const pair = await generateKeyPair(algorithm, { extractable: true });
        const publicKey = { ...(await exportJWK(pair.publicKey)), kid: algorithm, alg: algorithm };
        return [algorithm, { privateKey: pair.privateKey, publicKey }] as const;
      }),
    ),
  );
  const pairOf = (algorithm: Algorithm) => {
    const pair = pairs.get(algorithm);
    if (pair === undefined) throw new Error(`there is no key for ${algorithm}`);
    return pair;
  };
  let answer: Parameters<TestIssuer['answerWith']>[0] = 'keys';
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (answer === 'nothing') return;
    response.statusCode = answer === 'an error' ? 500 : 200;
    const keys = answer === 'no keys' ? undefined : [...pairs.values()].map(({ publicKey }) => publicKey);
    response.end(answer === 'no JSON' ? '<html>' : JSON.stringify({ keys }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    environment: {
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks.json`,
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
    },
    publicKey: (algorithm) => pairOf(algorithm).publicKey,
    privateKey: (algorithm) => pairOf(algorithm).privateKey,
    sign(claims = {}, { algorithm = 'ES256', header = {} } = {}) {
      const payload: Claims = { ...goodClaims(), app_metadata: { role: 'admin' }, ...claims };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: algorithm, kid: algorithm, ...header })
        .sign(pairOf(algorithm).privateKey);
    },
    answerWith(what) {
      answer = what;
    },
    asked: () => asked,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function goodClaims(): JWTPayload {
  return { sub: 'somebody', iss: issuer, aud: audience, exp: inSeconds(300) };
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
