import { bearerToken } from '../credentials.ts';
import { json, parameter, type Operation, type Provider } from '../exchange.ts';
import type { GithubState } from '../github/state.ts';
import type { World } from '../world.ts';
import { creatorOf, vercelError } from './answers.ts';
import { deploymentOperations } from './deployments.ts';
import { projectOperations } from './projects.ts';
import type { VercelState } from './state.ts';
import { variableOperations } from './variables.ts';

const limitPerMinute = 500;

const minuteFromNow = (): number => Math.floor(Date.now() / 1000) + 60;

/** The team, or the part of it that a token of another scope is shown. */
function teamBody(world: World) {
  const { vercelPlan, vercelRole, isVercelTokenLimited, vercelVariablePolicy } = world.switches.accounts;
  const createdAt = 1_700_000_000_000;
  const shown = {
    id: world.teamId,
    slug: world.teamSlug,
    name: world.teamSlug,
    avatar: null,
    createdAt,
    membership: { role: vercelRole, confirmed: true, uid: world.userId, teamId: world.teamId },
  };
  if (isVercelTokenLimited || world.switches.blind.has('vercel'))
    return { ...shown, limited: true, limitedBy: ['scope'] };
  return {
    ...shown,
    creatorId: world.userId,
    updatedAt: createdAt,
    sensitiveEnvironmentVariablePolicy: vercelVariablePolicy,
    billing: { plan: vercelPlan, period: null, status: 'active' },
  };
}

function accountOperations(world: World): Operation[] {
  return [
    {
      name: 'listGitNamespaces',
      method: 'GET',
      path: '/v1/integrations/git-namespaces',
      handle: () =>
        json(
          200,
          world.switches.accounts.isVercelConnected
            ? [
                {
                  provider: 'github',
                  id: 2001,
                  slug: world.organization,
                  name: world.organization,
                  ownerType: 'team',
                  installationId: 51_000_001,
                },
              ]
            : [],
        ),
    },
    {
      name: 'getUser',
      method: 'GET',
      path: '/v2/user',
      handle: () =>
        json(200, {
          user: { id: world.userId, ...creatorOf(world), name: 'Sandbox', defaultTeamId: world.teamId },
        }),
    },
    {
      name: 'listTeams',
      method: 'GET',
      path: '/v2/teams',
      handle: () => json(200, { teams: [teamBody(world)], pagination: { count: 1, next: null, prev: null } }),
    },
    {
      name: 'getTeam',
      method: 'GET',
      path: '/v2/teams/:id',
      handle: (request) =>
        [world.teamId, world.teamSlug].includes(parameter(request, 'id'))
          ? json(200, teamBody(world))
          : vercelError(403, 'You do not have permission to access this team.'),
    },
  ];
}

/** Vercel's REST API. */
export function vercelProvider(world: World, state: VercelState, github: GithubState): Provider {
  return {
    name: 'vercel',
    operations: [
      ...accountOperations(world),
      ...projectOperations(world, state, github),
      ...variableOperations(world, state),
      ...deploymentOperations(world, state, github),
    ],
    authorize(request) {
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) {
        return vercelError(401, 'The request is missing an authentication token', 'not_authorized');
      }
      const isGood = token === world.tokens.vercel && !world.switches.revoked.has('vercel');
      return isGood ? undefined : vercelError(403, 'Not authorized', 'forbidden', { invalidToken: true });
    },
    errorAnswer: (status, message) => vercelError(status, message),
    rateLimitAnswer(retryAfterSeconds) {
      const reset = Math.floor(Date.now() / 1000) + (retryAfterSeconds ?? 60);
      const answer = vercelError(429, 'Rate limit exceeded, try again later.', 'rate_limited', {
        limit: { remaining: 0, reset, total: limitPerMinute },
      });
      return {
        ...answer,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(reset),
          ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
        },
      };
    },
    unknownRoute: () => vercelError(404, 'The page could not be found'),
    malformedBody: () => vercelError(400, 'Invalid JSON'),
    headers: () => ({
      'x-ratelimit-limit': String(limitPerMinute),
      'x-ratelimit-remaining': String(limitPerMinute - 1),
      'x-ratelimit-reset': String(minuteFromNow()),
      'x-vercel-id': `iad1::sandbox-${Date.now()}`,
    }),
  };
}
