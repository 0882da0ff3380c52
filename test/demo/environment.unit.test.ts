import { expect, test } from 'vitest';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { demoEnvironment } from '../../demo/environment.ts';

const surroundings = {
  databaseUrl: 'postgres://postgres@127.0.0.1:1/demo',
  redisUrl: undefined,
  port: 3000,
  schemaPath: 'schema',
  receiverHost: '127.0.0.1:4000',
  providers: { GITHUB_TOKEN: 'token' },
};
const secrets = ['ADMIN_API_KEY', 'ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRET'];

test('API and worker accept the environment', () => {
  const config = loadConfig(demoEnvironment(surroundings), [
    coreEnvironment,
    serverEnvironment,
    workerEnvironment,
  ]);
  expect(config).toMatchObject({ PORT: 3000, HOST: '127.0.0.1', PUBLIC_URL: 'http://127.0.0.1:3000' });
});

test('every run has secrets of its own', () => {
  const [first, second] = [demoEnvironment(surroundings), demoEnvironment(surroundings)];
  for (const name of secrets) expect(first[name]).not.toBe(second[name]);
});

test('the queue is in Redis only when there is one', () => {
  expect(demoEnvironment(surroundings)).not.toHaveProperty('REDIS_URL');
  expect(demoEnvironment({ ...surroundings, redisUrl: 'redis://r' })['REDIS_URL']).toBe('redis://r');
});
