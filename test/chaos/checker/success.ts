/** I12: what a succeeded provisioning promises is there at the providers. */
import type { SandboxObject } from '../../../sandbox/control/objects.ts';
import type { Violation } from '../world.ts';
import { broken, isServing, type Case } from './cases.ts';
import type { Facts } from './facts.ts';
import { isNamed, nameOf, stepOf, webhookPathOf, type Named } from './names.ts';
import { field, listField } from './read.ts';
import { judgeVariables } from './variables.ts';

export function judgeSuccess(facts: Facts): Violation[] {
  return facts.cases
    .filter(isServing)
    .flatMap((one) => faultsOf(facts, one).map((what) => broken('I12', `${one.label}: ${what}`)));
}

/** What a step makes, and what must be true of it. */
const judges: Readonly<Record<Named, (object: SandboxObject, one: Case, facts: Facts) => string[]>> = {
  'supabase.project': ({ id, details }, one) => [
    ...when(details['status'] !== 'ACTIVE_HEALTHY', `the project is ${String(details['status'])}`),
    ...judgeOutput(one, { supabaseProjectId: id, supabaseProjectRef: id }),
  ],

  'github.repository': ({ id, name, details }, one) => [
    ...when(details['private'] !== true, 'the repository is public'),
    ...when(details['hasContent'] !== true, 'the repository is empty'),
    ...judgeOutput(one, { githubRepositoryId: Number(id), githubRepoName: name }),
  ],

  'vercel.project': (object, one, facts) => [
    ...judgeVariables(object, one),
    ...judgeDeployment(object, one, facts),
    ...judgeOutput(one, { vercelProjectId: object.id }),
  ],

  'n8n.workflow': ({ id, details }, one) => {
    const path = webhookPathOf(one.clientId);
    const isOnPath = listField(details, 'webhooks').some(
      (hook) =>
        field(hook, 'method') === 'POST' &&
        field(hook, 'path') === path &&
        field(hook, 'state') === 'registered',
    );
    const url = outputOf(one, 'n8nWebhookUrl');
    return [
      ...when(details['active'] !== true, 'the workflow is not published'),
      ...when(details['archived'] === true, 'the workflow is archived'),
      ...when(!isOnPath, `the webhook ${path} is not registered`),
      ...when(
        typeof url !== 'string' || !url.endsWith(`/webhook/${path}`),
        `the webhook's address is ${String(url)}`,
      ),
      ...judgeOutput(one, { n8nWorkflowId: id }),
    ];
  },
};

function faultsOf(facts: Facts, one: Case): string[] {
  const steps = one.runs
    .filter(({ status }) => status !== 'succeeded')
    .map(({ name, status }) => `${name} is ${status}`);
  const rows = one.created.filter(({ kind, state }) => isNamed(kind) && state !== 'deleted');
  const missing = Object.entries(stepOf)
    .filter(([kind, step]) => one.row.step_names.includes(step) && !rows.some((row) => row.kind === kind))
    .map(([kind]) => kind);
  return [
    ...steps,
    ...missing.map((kind) => `no ${kind} is listed`),
    ...rows.flatMap(({ kind, external_id: id }) => {
      // What a stranger did to it afterwards is not ours to answer for.
      if (!isNamed(kind) || facts.meddledWith.has(id ?? '')) return [];
      if (id === undefined) return [`${kind} has no id`];
      const object = facts.world.objects.find((other) => other.kind === kind && other.id === id);
      if (object === undefined) return [`${kind} ${id} is not there`];
      return [
        ...when(object.details['isBeingRemoved'] === true, `${kind} ${id} is being removed`),
        ...when(object.name !== nameOf(kind, one.clientId), `${kind} ${id} is called "${object.name}"`),
        ...judges[kind](object, one, facts),
      ];
    }),
  ];
}

function judgeDeployment(project: SandboxObject, one: Case, { world }: Facts): string[] {
  const id = outputOf(one, 'vercelDeploymentId');
  const deployment = world.objects.find((object) => object.kind === 'vercel.deployment' && object.id === id);
  if (deployment === undefined) return [`the deployment ${String(id)} is not there`];
  const { details } = deployment;
  const address = outputOf(one, 'vercelDeploymentUrl');
  const hosts = listField(details, 'aliases').map((host) => `https://${String(host)}`);
  return [
    ...when(details['projectId'] !== project.id, 'the deployment is of another project'),
    ...when(details['target'] !== 'production', 'the deployment is not for production'),
    ...when(details['readyState'] !== 'READY', `the deployment is ${String(details['readyState'])}`),
    ...when(details['isAliasAssigned'] !== true, 'the deployment has no address'),
    ...when(!hosts.includes(String(address)), `${String(address)} is no address of the deployment`),
  ];
}

function judgeOutput(one: Case, expected: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(expected).flatMap(([key, value]) =>
    when(outputOf(one, key) !== value, `${key} is ${String(outputOf(one, key))}, not ${String(value)}`),
  );
}

function outputOf({ runs }: Case, key: string): unknown {
  return runs.map(({ output }) => output[key]).find((value) => value !== undefined);
}

function when(isSo: boolean, what: string): string[] {
  return isSo ? [what] : [];
}
