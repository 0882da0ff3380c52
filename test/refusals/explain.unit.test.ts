import { describe, expect, test } from 'vitest';
import { ProviderError, type RefusalHeaders } from '../../src/errors.ts';
import { explainRefusal, refusalTables } from '../../src/refusals/explain.ts';

function refusal(provider: string, status: number, body: unknown, headers: RefusalHeaders = {}) {
  return explainRefusal(
    new ProviderError({
      provider,
      operation: 'POST /x',
      outcome: 'not-made',
      status,
      headers,
      providerText: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

const vercelError = (code: string, message: string, more = {}) => ({ error: { code, message, ...more } });

/**
 * Provider, status, body, headers; code and reason. Each as the provider words it, as far as a public report shows it:
 * for a full region and for plans at Supabase and Vercel there is none, and the words are ours.
 */
const cases: [string, number, unknown, RefusalHeaders, string, string][] = [
  [
    'supabase',
    400,
    {
      message:
        'The following organization members have reached their maximum limits for the number of active free projects within organizations where they are an administrator or owner: ada (2 project limit).',
    },
    {},
    'quota-exceeded',
    'free-project-limit',
  ],
  [
    'supabase',
    400,
    { message: 'There are overdue invoices in the organization(s) you have access to.' },
    {},
    'quota-exceeded',
    'unpaid-invoices',
  ],
  [
    'supabase',
    403,
    { message: 'Project creation is disabled for this Vercel-managed organization' },
    {},
    'provider-rejected',
    'managed-organization',
  ],
  [
    'supabase',
    403,
    { message: 'Forbidden', missing_permissions: ['api_gateway_keys_secret_read'] },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'supabase',
    403,
    { message: 'Your account does not have the necessary privileges to access this endpoint.' },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'supabase',
    403,
    { message: 'Your account, which is handled by the Fly Supabase extension, cannot access this endpoint.' },
    {},
    'provider-rejected',
    'managed-organization',
  ],
  [
    'supabase',
    400,
    { message: 'Region us-east-1 is not available for new projects.' },
    {},
    'provider-rejected',
    'region-full',
  ],
  [
    'supabase',
    402,
    { message: 'Compute size 2xlarge is not available on the free plan. Upgrade your plan to use it.' },
    {},
    'quota-exceeded',
    'plan',
  ],
  ['supabase', 400, { message: 'name should not contain a . string' }, {}, 'provider-rejected', 'name-rule'],
  ['supabase', 402, { message: 'Payment Required' }, {}, 'quota-exceeded', 'payment'],
  ['supabase', 401, { message: 'Unauthorized' }, {}, 'credentials-rejected', 'credentials'],
  ['supabase', 403, { message: 'Forbidden resource' }, {}, 'credentials-rejected', 'credentials'],
  [
    'github',
    403,
    {
      message:
        'Resource protected by organization SAML enforcement. You must grant your Personal Access token',
    },
    { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A' },
    'provider-rejected',
    'sso',
  ],
  [
    'github',
    403,
    { message: 'Resource protected by organization SAML enforcement.' },
    {},
    'provider-rejected',
    'sso',
  ],
  [
    'github',
    403,
    {
      message:
        'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
    },
    {},
    'provider-rejected',
    'ip-allow-list',
  ],
  [
    'github',
    403,
    {
      message:
        "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days.",
    },
    {},
    'provider-rejected',
    'token-lifetime',
  ],
  [
    'github',
    403,
    { message: '`acme` forbids access via a personal access token (classic).' },
    {},
    'provider-rejected',
    'token-kind',
  ],
  [
    'github',
    403,
    { message: 'You need admin access to the organization before adding a repository to it.' },
    {},
    'provider-rejected',
    'creation-restricted',
  ],
  [
    'github',
    403,
    { message: 'Resource not accessible by personal access token' },
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'github',
    403,
    { message: 'Must have admin rights to Repository.' },
    {},
    'provider-rejected',
    'deletion-restricted',
  ],
  [
    'github',
    403,
    {
      message:
        'Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited.',
    },
    {},
    'provider-rejected',
    'app-restrictions',
  ],
  [
    'github',
    422,
    {
      message:
        "Visibility can't be private. Please upgrade your subscription to create a new private repository.",
      documentation_url: 'https://github.com/pricing',
    },
    {},
    'quota-exceeded',
    'plan',
  ],
  [
    'github',
    422,
    { message: "Visibility can't be private." },
    {},
    'provider-rejected',
    'creation-restricted',
  ],
  ['github', 403, { message: 'Sorry. Your account was suspended.' }, {}, 'provider-rejected', 'suspended'],
  ['github', 403, { message: 'Repository access blocked' }, {}, 'provider-rejected', 'suspended'],
  ['github', 401, { message: 'Bad credentials' }, {}, 'credentials-rejected', 'credentials'],
  ['github', 403, { message: 'Forbidden' }, {}, 'credentials-rejected', 'credentials'],
  [
    'vercel',
    400,
    vercelError(
      'bad_request',
      'Failed to link acme/x. You need to add a Login Connection to your GitHub account first.',
    ),
    {},
    'provider-rejected',
    'login-connection',
  ],
  [
    'vercel',
    402,
    vercelError(
      'api-deployments-free-per-day',
      'Resource is limited - try again in 24 hours (more than 100, code: "api-deployments-free-per-day").',
    ),
    {},
    'quota-exceeded',
    'deployments-per-day',
  ],
  [
    'vercel',
    403,
    vercelError(
      'forbidden',
      'Not authorized: Trying to access resource under scope "acme". You must re-authenticate to this scope or use a token with access to this scope.',
      { saml: true, scope: 'acme' },
    ),
    {},
    'provider-rejected',
    'sso',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Not authorized: Trying to access resource under scope "acme".', {
      saml: false,
    }),
    {},
    'provider-rejected',
    'token-scope',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', "You don't have permission to create the project."),
    {},
    'provider-rejected',
    'missing-permission',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Not authorized', { invalidToken: true }),
    {},
    'credentials-rejected',
    'credentials',
  ],
  [
    'vercel',
    403,
    vercelError('forbidden', 'Git author ada@acme.example must have access to the project on Vercel'),
    {},
    'provider-rejected',
    'git-author',
  ],
  [
    'vercel',
    400,
    vercelError(
      'bad_request',
      "To link a GitHub repository, you need to install the GitHub integration first. Make sure there aren't any typos and that you have access to the repository if it's private.",
      { action: 'Install GitHub App', link: 'https://github.com/apps/vercel' },
    ),
    {},
    'provider-rejected',
    'github-app',
  ],
  [
    'vercel',
    400,
    vercelError(
      'bad_request',
      'Invalid request: `framework` should be equal to one of the allowed values "blitzjs, nextjs".',
    ),
    {},
    'provider-rejected',
    'framework',
  ],
  [
    'vercel',
    400,
    vercelError(
      'invalid_root_directory',
      'If defined, the Root Directory must be a relative path not starting with `./` and not including `../` or other special characters.',
    ),
    {},
    'provider-rejected',
    'root-directory',
  ],
  [
    'vercel',
    403,
    vercelError(
      'forbidden',
      'This user account is blocked. Contact registration@vercel.com for more information.',
    ),
    {},
    'provider-rejected',
    'suspended',
  ],
  [
    'vercel',
    402,
    vercelError('team_limit_reached', 'You have reached the limit of projects on the Hobby plan.'),
    {},
    'quota-exceeded',
    'plan',
  ],
  ['vercel', 402, vercelError('payment_required', 'Payment required'), {}, 'quota-exceeded', 'payment'],
  ['n8n', 403, { message: 'Forbidden' }, {}, 'provider-rejected', 'missing-permission'],
  ['n8n', 401, { message: 'Unauthorized' }, {}, 'credentials-rejected', 'key-or-api-off'],
  [
    'n8n',
    401,
    '<html><head><title>401 Authorization Required</title></head></html>',
    { 'www-authenticate': 'Basic realm="n8n"' },
    'credentials-rejected',
    'proxy-password',
  ],
  [
    'n8n',
    403,
    { status: 'error', message: 'Plan lacks license for this feature' },
    {},
    'quota-exceeded',
    'license',
  ],
  [
    'n8n',
    400,
    {
      message:
        'Active workflow limit reached. Consider [upgrading your plan](https://app.n8n.cloud/account/change-plan)',
    },
    {},
    'quota-exceeded',
    'license',
  ],
  ['n8n', 403, '<!DOCTYPE html><title>Access denied</title>', {}, 'provider-rejected', 'page-instead'],
];

test.each(cases)('%s %i %j %j is %s, because of %s', (provider, status, body, headers, code, reason) => {
  expect(refusal(provider, status, body, headers)).toMatchObject({ code, reason });
});

describe('no reason is given', () => {
  test('to what is no refusal', () => {
    for (const status of [200, 301, 500, 503]) expect(refusal('github', status, {})).toBeUndefined();
  });

  test('to a refusal of which no more is known than its status', () => {
    expect(refusal('github', 422, { message: 'Validation Failed' })).toBeUndefined();
    expect(refusal('vercel', 404, vercelError('not_found', 'Not found'))).toBeUndefined();
  });

  test('because of what a client is called', () => {
    const names = ['billing', 'hobby', 'marketplace', 'project-limit', 'payment', 'role', 'license'];
    for (const name of names)
      for (const [provider, body] of [
        ['supabase', { message: `client-${name}-prod: invalid` }],
        ['github', { message: `client-${name}-app: invalid` }],
        ['vercel', vercelError('bad_request', `client-${name}-app: invalid`)],
      ] as const)
        expect(refusal(provider, 400, body), `${provider} ${name}`).toBeUndefined();
  });
});

test('every reason that the tables know is met by a refusal above', () => {
  const told = Object.entries(refusalTables).flatMap(([provider, { refusals }]) =>
    refusals.map(({ reason }) => `${provider} ${reason}`),
  );
  const met = new Set(cases.map(([provider, , , , , reason]) => `${provider} ${reason}`));
  expect(told.filter((reason) => !met.has(reason))).toEqual([]);
});

test('every reason says what to do, in one or more whole sentences', () => {
  for (const { refusals } of Object.values(refusalTables))
    for (const { message, whatToDo, reason, source } of refusals) {
      expect(message, reason).toMatch(/^[a-z].*[^.]$/i);
      expect(whatToDo, reason).toMatch(/^[A-Z].*\.$/);
      expect(source, reason).not.toBe('');
    }
});
