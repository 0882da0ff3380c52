/** What `docker-compose.yml` gives to each container: its own secrets, and no others. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { coreEnvironment, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { secretValues } from '../../src/log/secret-values.ts';
import { steps } from '../../src/steps/index.ts';

const compose = readFileSync('docker-compose.yml', 'utf8');

const forServer = secretsOf([coreEnvironment, serverEnvironment]);
const forWorker = secretsOf([
  coreEnvironment,
  workerEnvironment,
  ...steps.map(({ environment }) => environment),
]);
const all = [...new Set([...forServer, ...forWorker])];

function secretsOf(groups: readonly { readonly shape: object }[]): string[] {
  const names = new Set(groups.flatMap(({ shape }) => Object.keys(shape)));
  return [...names].filter((name) => secretValues({ [name]: 'a value' }).length > 0);
}

/** The lines of a service, and those of the anchors that it takes in. */
function textOf(service: string): string {
  const [, own = ''] = new RegExp(`^  ${service}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(compose) ?? [];
  const anchors = [...own.matchAll(/\*(\w+)/g)].map(([, name = '']) => {
    const found = new RegExp(`^x-[\\w-]+: &${name}\\n((?:  .*\\n)+)`, 'm').exec(compose);
    return found?.[1] ?? '';
  });
  return [own, ...anchors].join('');
}

/** Those of `.env`, but what is blank or set to something else. */
function secretsGivenTo(service: string): string[] {
  const text = textOf(service);
  const isSet = (name: string) => new RegExp(`^ +${name}: (?!'')`, 'm').test(text);
  const isBlank = (name: string) => new RegExp(`^ +${name}: ''$`, 'm').test(text);
  const hasFile = /^ +env_file:/m.test(text);
  return all.filter((name) => isSet(name) || (hasFile && !isBlank(name)));
}

test('there is something to keep apart', () => {
  expect(forServer).toEqual(['ADMIN_API_KEY']);
  expect(forWorker.length).toBeGreaterThan(5);
});

describe('given no secret but its own is', () => {
  test.each([
    ['server', forServer],
    ['worker', forWorker],
    ['migrate', []],
    ['postgres', []],
    ['redis', []],
  ])('%s', (service, own) => {
    expect(textOf(service)).not.toBe('');
    expect(secretsGivenTo(service).toSorted()).toEqual(own.toSorted());
  });
});

test('no other service is there', () => {
  const [, services = ''] = /^services:\n((?:  .*\n|\n)+)/m.exec(compose) ?? [];
  expect([...services.matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name)).toEqual([
    'redis',
    'postgres',
    'migrate',
    'server',
    'worker',
  ]);
});

test('the template schema is there for whoever needs it, read-only', () => {
  expect(textOf('worker')).toMatch(/target: \/schema\n +read_only: true/);
  expect(textOf('worker')).toMatch(/^ +SCHEMA_PATH: \/schema$/m);
  expect(textOf('server')).not.toContain('/schema');
});
