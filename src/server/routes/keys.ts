/** `/api/keys`: the keys of the API, and how they are made and revoked. */
import { z } from 'zod';
import { keysAnswer, newKeyAnswer, presentKey } from '../../api/keys.ts';
import { listApiKeys, longestKeyDays, makeApiKey, revokeApiKey } from '../../ledger/api-keys.ts';
import { roles } from '../../ledger/roles.ts';
import { actorOf } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';
import { plainText } from '../../api/order.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

const daysText = `must be a whole number from 1 to ${longestKeyDays}`;

const newKey = z
  .strictObject({
    name: plainText(100).meta({ description: 'Whose it is.' }),
    role: z.enum(roles, `must be one of ${roles.join(', ')}`),
    expiresInDays: z
      .int(daysText)
      .min(1, daysText)
      .max(longestKeyDays, daysText)
      .optional()
      .meta({ description: 'Without it the key does not expire.' }),
  })
  .meta({ examples: [{ name: 'Onboarding form', role: 'provisioner', expiresInDays: 365 }] });

export function keyRoutes(deps: Deps): AnyRoute[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/keys',
    permission: 'administer',
    operationId: 'listKeys',
    tag: 'access',
    summary: 'Lists the keys of the API, newest first, without what opens anything',
    answers: { 200: { description: 'All of them: expired and revoked keys stay.', schema: keysAnswer } },
    handle: async () => ({ status: 200, body: { items: (await listApiKeys(deps.pool)).map(presentKey) } }),
  });

  const make = defineRoute({
    method: 'post',
    path: '/api/keys',
    permission: 'administer',
    operationId: 'makeKey',
    tag: 'access',
    summary: 'Makes a key of the API, and shows it this once',
    body: newKey,
    answers: { 201: { description: 'The key. Nobody can see it again.', schema: newKeyAnswer } },
    async handle({ body, caller, request }) {
      const { row, key } = await makeApiKey(deps.pool, body, actorOf(caller, request));
      return {
        status: 201,
        headers: { 'Cache-Control': 'no-store' },
        body: { ...presentKey(row), key },
      };
    },
  });

  const revoke = defineRoute({
    method: 'delete',
    path: '/api/keys/{id}',
    permission: 'administer',
    operationId: 'revokeKey',
    tag: 'access',
    summary: 'Revokes a key: within two seconds it opens nothing any more, for good',
    params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{12}$/) }),
    answers: { 204: { description: 'It is revoked, perhaps since before.' } },
    problems: { 409: '`own-key`: the request was made with this very key.' },
    async handle({ params: { id }, caller, request }) {
      if (caller.by === `key:${id}`)
        throw new Problem(
          409,
          'own-key',
          'This request was made with the key that it would revoke. Revoke it with another key of an admin.',
        );
      if ((await revokeApiKey(deps.pool, id, actorOf(caller, request))) === undefined)
        throw new Problem(404, 'not-found', 'There is no key of this id.');
      return { status: 204 };
    },
  });

  return [list, make, revoke];
}
