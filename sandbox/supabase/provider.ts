import { STATUS_CODES } from 'node:http';
import { bearerToken } from '../credentials.ts';
import { json, type Provider } from '../exchange.ts';
import type { World } from '../world.ts';
import { organizationOperations } from './organizations.ts';
import { projectOperations } from './projects.ts';
import { serviceOperations } from './services.ts';
import type { SupabaseState } from './state.ts';

const limitPerMinute = 120;

/** Seconds until the minute of the rate limit is over: this provider counts down, others name a time. */
const secondsLeft = (): number => 60 - (Math.floor(Date.now() / 1000) % 60);

/** The Supabase Management API. */
export function supabaseProvider(world: World, state: SupabaseState): Provider {
  return {
    name: 'supabase',
    // Regions first: their path also looks like a project's.
    operations: [
      ...organizationOperations(world),
      ...projectOperations(world, state),
      ...serviceOperations(world, state),
    ],
    authorize(request) {
      const token = bearerToken(request.headers.authorization);
      const isGood = token === world.tokens.supabase && !world.switches.revoked.has('supabase');
      return isGood ? undefined : json(401, { message: 'Unauthorized' });
    },
    errorAnswer: (status, message = STATUS_CODES[status] ?? 'Error') => json(status, { message }),
    rateLimitAnswer: (retryAfterSeconds) => ({
      status: 429,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(retryAfterSeconds ?? secondsLeft()),
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      },
      body: { message: 'ThrottlerException: Too Many Requests' },
    }),
    unknownRoute: (request) => json(404, { message: `Cannot ${request.method} ${request.path}` }),
    malformedBody: () => json(400, { message: 'Unexpected token in JSON' }),
    headers: () => ({
      'x-ratelimit-limit': String(limitPerMinute),
      'x-ratelimit-remaining': String(limitPerMinute - 1),
      'x-ratelimit-reset': String(secondsLeft()),
    }),
  };
}
