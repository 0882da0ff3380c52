/**
 * What the product does with cryptography, while connections leave errors in OpenSSL's queue. Run as a process of its
 * own, which dies where those errors are taken for ours.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { decrypt, encrypt } from '../../src/ledger/secrets.ts';

const server = createServer((socket) => socket.on('error', () => {}));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

/** OpenSSL refuses a server name of more than 255 characters, and nobody takes its error off the queue. */
function leaveError(): void {
  connect({ host: '127.0.0.1', port, servername: 'a'.repeat(300) }).on('error', () => {});
}

/** With an error that is there before, and one that comes while a thread is at it. */
async function amongErrors<T>(work: () => T | Promise<T>): Promise<T> {
  leaveError();
  const result = Promise.resolve(work());
  leaveError();
  return result;
}

const keys = [{ id: 'k1', key: randomBytes(32) }];
const secret = { provisioningId: '00000000-0000-4000-8000-000000000000', name: 'token' };
const sessionKey = randomBytes(32);
const issuer = await generateKeyPair('RS256');
const jwk = await exportJWK(issuer.publicKey);

for (let round = 0; round < 10; round += 1) {
  const sealed = await amongErrors(() => encrypt(keys, secret, `value ${round}`));
  const value = await amongErrors(() => decrypt(keys, secret, sealed));
  if (value !== `value ${round}`) throw new Error('it was read back as something else');

  // As for the dashboard's cookie, and for a caller's token.
  const cookie = await amongErrors(() => signed('HS256').sign(sessionKey));
  await amongErrors(() => jwtVerify(cookie, sessionKey));
  const token = await signed('RS256').sign(issuer.privateKey);
  const published = await amongErrors(() => importJWK(jwk, 'RS256'));
  await amongErrors(() => jwtVerify(token, published));
}
process.stdout.write('survived\n');
process.exit(0);

function signed(alg: string): SignJWT {
  return new SignJWT().setProtectedHeader({ alg }).setSubject('somebody').setExpirationTime('1h');
}
