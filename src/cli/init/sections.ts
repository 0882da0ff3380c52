/** The variables that a first start needs, in the order in which a person can find them out. */
import { randomBytes } from 'node:crypto';

export interface Variable {
  readonly name: string;
  readonly question: string;
  /** Typed without being shown. */
  readonly isSecret?: boolean;
  /** May be left empty. */
  readonly isOptional?: boolean;
  /** Offered where nothing else is known. */
  readonly suggestion?: string;
  /** Makes the value, where there is none yet: nobody is asked. */
  readonly make?: () => string;
}

export interface Section {
  readonly title: string;
  /** Where to click, and which rights are needed. */
  readonly lines: readonly string[];
  readonly variables: readonly Variable[];
  /** What is tried as soon as the values are there: a provider's checks, or the service's own servers. */
  readonly tests: readonly string[];
}

export const sections: readonly Section[] = [
  {
    title: 'Database and queue',
    lines: [
      'PostgreSQL holds the truth about every provisioning.',
      'Redis is faster for the queue, with appendonly yes and maxmemory-policy noeviction.',
      'Without it the queue lives in PostgreSQL.',
    ],
    variables: [
      {
        name: 'DATABASE_URL',
        question: 'Address of PostgreSQL (postgres://user:password@host:5432/database)',
        isSecret: true,
      },
      {
        name: 'REDIS_URL',
        question: 'Address of Redis (redis://…); empty: the queue lives in PostgreSQL',
        isSecret: true,
        isOptional: true,
      },
    ],
    tests: ['database', 'queue'],
  },
  {
    title: 'The service itself',
    lines: ['The keys are made here, and are kept where there are some already.'],
    variables: [
      {
        name: 'PUBLIC_URL',
        question: 'Address that callers and browsers reach; empty: http://HOST:PORT',
        isOptional: true,
      },
      { name: 'ADMIN_API_KEY', question: '', isSecret: true, make: () => randomBytes(32).toString('hex') },
      {
        name: 'ENCRYPTION_KEYS',
        question: '',
        isSecret: true,
        make: () => `k1:${randomBytes(32).toString('base64')}`,
      },
      {
        name: 'WEBHOOK_SIGNING_SECRET',
        question: '',
        isSecret: true,
        make: () => `whsec_${randomBytes(32).toString('base64')}`,
      },
    ],
    tests: [],
  },
  {
    title: 'Supabase',
    lines: [
      'Token: Dashboard → Account → Access Tokens. A classic one, or a scoped one for the whole organization',
      'that may create and delete projects and read "API Key Secrets" (api_gateway_keys_secret_read).',
      'Organization: its slug, as in the address of its settings.',
    ],
    variables: [
      { name: 'SUPABASE_MANAGEMENT_TOKEN', question: 'Supabase token', isSecret: true },
      { name: 'SUPABASE_ORG_ID', question: 'Slug of the organization' },
      {
        name: 'SUPABASE_REGION',
        question: 'Region of new projects (eu-central-1, or smartGroup:emea)',
        suggestion: 'smartGroup:emea',
      },
      {
        name: 'SCHEMA_PATH',
        question: 'Your template schema: an .sql file or a folder',
        suggestion: './examples/template-schema',
      },
    ],
    tests: ['supabase', 'schema'],
  },
  {
    title: 'GitHub',
    lines: [
      'Token: Settings → Developer settings → Personal access tokens.',
      'Classic: repo and delete_repo. Fine-grained, on all repositories of the organization: Administration read and',
      'write, Contents read. Members must be allowed to delete repositories.',
      'Template: mark it under Settings → General → Template repository.',
    ],
    variables: [
      { name: 'GITHUB_TOKEN', question: 'GitHub token', isSecret: true },
      { name: 'GITHUB_ORG', question: 'Organization' },
      { name: 'GITHUB_TEMPLATE_REPO', question: 'Template repository (name, or owner/name)' },
    ],
    tests: ['github'],
  },
  {
    title: 'Vercel',
    lines: [
      'Token: Account Settings → Tokens, with the team as its scope.',
      "Vercel's GitHub app must be installed for all repositories of the organization.",
      "A Hobby team cannot link an organization's repositories.",
    ],
    variables: [
      { name: 'VERCEL_TOKEN', question: 'Vercel token', isSecret: true },
      {
        name: 'VERCEL_TEAM_ID',
        question: "Team: its id (team_…) or its slug; empty: the token's own account",
        isOptional: true,
      },
    ],
    tests: ['vercel'],
  },
  {
    title: 'n8n',
    lines: [
      'Key: Settings → n8n API. Scopes, where keys have them: workflow:create, list, read, delete, activate, deactivate.',
    ],
    variables: [
      { name: 'N8N_API_KEY', question: 'n8n API key', isSecret: true },
      { name: 'N8N_HOST', question: 'Where n8n is (host, or https://host:port/path)' },
      {
        name: 'N8N_WEBHOOK_URL',
        question: 'Base of production webhooks, where it differs; empty: the same',
        isOptional: true,
      },
    ],
    tests: ['n8n'],
  },
];
