import { bearerToken } from '../credentials.ts';
import type { Provider } from '../exchange.ts';
import { randomHex } from '../random.ts';
import type { World } from '../world.ts';
import { githubError } from './answers.ts';
import { contentOperations } from './contents.ts';
import { organizationOperations } from './organization.ts';
import { repositoryOperations } from './repositories.ts';
import { guarded } from './sight.ts';
import type { GithubState } from './state.ts';

const limitPerHour = 5000;

const hourFromNow = (): number => Math.floor(Date.now() / 1000) + 3600;

/** A fine-grained token has no scopes, and so no headers about them. */
function scopeHeaders({ switches }: World): Record<string, string> {
  if (switches.accounts.githubTokenKind === 'fine-grained') return {};
  return { 'x-oauth-scopes': switches.githubScopes.join(', '), 'x-accepted-oauth-scopes': 'repo' };
}

/** GitHub's REST API. */
export function githubProvider(world: World, state: GithubState): Provider {
  return {
    name: 'github',
    operations: [
      ...organizationOperations(world, state),
      ...repositoryOperations(world, state),
      ...contentOperations(world, state),
    ].map((operation) => guarded(world, operation)),
    authorize(request) {
      if (request.headers['user-agent'] === undefined) {
        return githubError(403, 'Request forbidden by administrative rules. Please set a User-Agent header.');
      }
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) return githubError(401, 'Requires authentication');
      const isGood = token === world.tokens.github && !world.switches.revoked.has('github');
      return isGood ? undefined : githubError(401, 'Bad credentials');
    },
    errorAnswer: (status, message) => githubError(status, message),
    rateLimitAnswer(retryAfterSeconds) {
      // With Retry-After it is the secondary limit, without it the hourly one.
      const isSecondary = retryAfterSeconds !== undefined;
      const answer = githubError(
        429,
        isSecondary
          ? 'You have exceeded a secondary rate limit.'
          : 'API rate limit exceeded for user ID 1001.',
      );
      return {
        ...answer,
        headers: isSecondary
          ? { 'retry-after': String(retryAfterSeconds) }
          : {
              'x-ratelimit-remaining': '0',
              'x-ratelimit-used': String(limitPerHour),
              'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 2),
            },
      };
    },
    unknownRoute: () => githubError(404),
    malformedBody: () => githubError(400, 'Problems parsing JSON'),
    headers: () => ({
      ...scopeHeaders(world),
      'x-github-request-id': randomHex(24).toUpperCase(),
      'x-github-media-type': 'github.v3; format=json',
      'x-ratelimit-limit': String(limitPerHour),
      'x-ratelimit-remaining': String(limitPerHour - 1),
      'x-ratelimit-used': '1',
      'x-ratelimit-reset': String(hourFromNow()),
      'x-ratelimit-resource': 'core',
    }),
  };
}
