/** What each step makes, as requests and objects look in a real run. */
import type { ObjectKind, ProviderName } from '../../../../sandbox/exchange.ts';
import type { CaseRow } from './draft.ts';

export interface Part {
  readonly step: string;
  readonly provider: ProviderName;
  readonly kind: ObjectKind;
  readonly id: string;
  readonly name: string;
  readonly creation: { readonly operation: string; readonly path: string; readonly body: unknown };
  readonly details: Record<string, unknown>;
  /** The read that shows that all is well. */
  readonly proof: string;
  readonly deletion: { readonly operation: string; readonly path: string };
  readonly output: Record<string, unknown>;
}

/** `serial`: makes ids differ. */
export function partOf(step: string, row: CaseRow, mark: string, serial: number): Part {
  const maker = makers[step];
  if (maker === undefined) throw new Error(`${step} makes nothing`);
  return maker(row, mark, serial);
}

const makers: Readonly<Record<string, (row: CaseRow, mark: string, serial: number) => Part>> = {
  'supabase-project'({ client_id: client }, _, serial) {
    const id = refOf(serial);
    const name = `client-${client}-prod`;
    return {
      step: 'supabase-project',
      provider: 'supabase',
      kind: 'supabase.project',
      id,
      name,
      creation: {
        operation: 'createProject',
        path: '/v1/projects',
        body: { name, db_pass: 'fingerprint:1' },
      },
      details: {
        status: 'ACTIVE_HEALTHY',
        region: 'eu-central-1',
        database: `sandbox_${id}`,
        isBeingRemoved: false,
      },
      proof: `/v1/projects/${id}`,
      deletion: { operation: 'deleteProject', path: `/v1/projects/${id}` },
      output: { supabaseProjectId: id, supabaseProjectRef: id, supabaseUrl: `https://${id}.supabase.co` },
    };
  },

  'github-repo'({ client_id: client }, mark, serial) {
    const id = idOfRepository(serial);
    const name = `client-${client}-app`;
    const description = `Acme Ltd [${mark}]`;
    return {
      step: 'github-repo',
      provider: 'github',
      kind: 'github.repository',
      id,
      name,
      creation: {
        operation: 'generateRepository',
        path: '/repos/agency/client-template/generate',
        body: { owner: 'agency', name, description, private: true },
      },
      details: {
        description,
        private: true,
        template: 'agency/client-template',
        hasContent: true,
        isBeingRemoved: false,
      },
      proof: `/repos/agency/${name}/branches/main`,
      deletion: { operation: 'deleteRepository', path: `/repos/agency/${name}` },
      output: {
        githubRepositoryId: Number(id),
        githubRepoName: name,
        githubRepoUrl: `https://github.com/agency/${name}`,
      },
    };
  },

  'vercel-deployment'(row, _, serial) {
    const id = `prj_${serial}`;
    const name = `client-${row.client_id}-app`;
    const plain = (key: string, value: string) => ({
      key,
      value,
      type: 'plain',
      target: ['production', 'preview'],
    });
    const variables = [
      plain('NEXT_PUBLIC_SUPABASE_URL', `https://${refOf(serial)}.supabase.co`),
      plain('NEXT_PUBLIC_SUPABASE_ANON_KEY', 'sb_publishable_1'),
      plain('NEXT_PUBLIC_APP_URL', `https://${name}.vercel.app`),
      plain('CLIENT_ID', row.client_id),
      plain('CLIENT_TIER', row.tier),
      plain('PROVISIONING_ID', row.id),
      { key: 'SUPABASE_SERVICE_ROLE_KEY', type: 'sensitive', target: ['production'] },
    ];
    return {
      step: 'vercel-deployment',
      provider: 'vercel',
      kind: 'vercel.project',
      id,
      name,
      creation: {
        operation: 'createVercelProject',
        path: '/v11/projects?teamId=team_1',
        body: {
          name,
          gitRepository: { type: 'github', repo: `agency/${name}` },
          environmentVariables: variables,
        },
      },
      details: {
        link: { repoId: Number(idOfRepository(serial)), repository: `agency/${name}` },
        environmentVariables: structuredClone(variables),
        isBeingRemoved: false,
      },
      proof: `/v10/projects/${id}/env?teamId=team_1`,
      deletion: { operation: 'deleteVercelProject', path: `/v9/projects/${id}?teamId=team_1` },
      output: { vercelProjectId: id },
    };
  },

  'n8n-webhooks'({ client_id: client, id: provisioningId }, _, serial) {
    const id = `Workflow${serial}`;
    const name = `Client ${client}`;
    const path = `client-${client}/content`;
    const nodes = [{ id: `prov-${provisioningId}`, webhookId: `webhook-of-${client}`, parameters: { path } }];
    return {
      step: 'n8n-webhooks',
      provider: 'n8n',
      kind: 'n8n.workflow',
      id,
      name,
      creation: { operation: 'createWorkflow', path: '/api/v1/workflows', body: { name, nodes } },
      details: {
        active: true,
        registered: true,
        webhooks: [{ method: 'POST', path, state: 'registered' }],
        archived: false,
        nodes: structuredClone(nodes),
        isBeingRemoved: false,
      },
      proof: `/webhook/${path}`,
      deletion: { operation: 'deleteWorkflow', path: `/api/v1/workflows/${id}` },
      output: { n8nWorkflowId: id, n8nWebhookUrl: `https://n8n.example/webhook/${path}` },
    };
  },
};

function refOf(serial: number): string {
  return `abcdefghijklmnopqr${String(serial).padStart(2, '0')}`;
}

function idOfRepository(serial: number): string {
  return String(900_000 + serial);
}
