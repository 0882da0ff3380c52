/** One real fault per step, chosen so that the step fails for good after it has made its object. */
import type { SandboxControl } from '../sandbox/sandbox.ts';

type FaultControl = Pick<SandboxControl, 'addFault' | 'setDeploymentOutcome'>;

export interface Fault {
  /** What goes wrong, as the demo announces it. */
  readonly announcement: string;
  /** Puts it in place at the providers. */
  inject?(control: FaultControl): void;
  /** SQL that the template schema gets as its last file. */
  readonly brokenSql?: string;
}

const always = -1;

export const faults = {
  'supabase-project': {
    announcement: "the token may create Supabase projects, but not read a project's API keys (403)",
    inject: (control) =>
      control.addFault({
        provider: 'supabase',
        operation: 'getApiKeys',
        mode: 'refuse',
        status: 403,
        times: always,
      }),
  },
  'database-schema': {
    announcement: 'the last file of the template schema has a typing error',
    brokenSql: `-- A view of all clients.
create veiw public.broken as select 1 as id;
`,
  },
  'github-repo': {
    announcement: 'GitHub makes the repository, but refuses to list its branches (422)',
    inject: (control) =>
      control.addFault({
        provider: 'github',
        operation: 'listBranches',
        mode: 'reject',
        status: 422,
        body: { message: 'Validation Failed', status: '422' },
        times: always,
      }),
  },
  'vercel-deployment': {
    announcement: 'the build of the Vercel deployment ends as ERROR',
    inject: (control) => control.setDeploymentOutcome('ERROR'),
  },
  'n8n-webhooks': {
    announcement: 'n8n makes the workflow, but refuses to publish it (400)',
    inject: (control) =>
      control.addFault({
        provider: 'n8n',
        operation: 'publishWorkflow',
        mode: 'reject',
        status: 400,
        body: { message: 'Workflow cannot be activated.' },
        times: always,
      }),
  },
} as const satisfies Record<string, Fault>;

/** A step that the demo can make fail. */
export type FaultName = keyof typeof faults;

export const faultNames: readonly FaultName[] = Object.keys(faults).filter(isFaultName);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

export function faultOf(name: FaultName): Fault {
  return faults[name];
}

/** Undoes every fault at the providers, so that what is ordered next succeeds. */
export function liftFaults(control: FaultControl & Pick<SandboxControl, 'clearFaults'>): void {
  control.clearFaults();
  control.setDeploymentOutcome('READY');
}
