import { z } from 'zod';

const node = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  type: z.string().optional(),
  typeVersion: z.number().optional(),
  position: z.array(z.number()),
  webhookId: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  credentials: z.record(z.string(), z.unknown()).optional(),
  disabled: z.boolean().optional(),
  notes: z.string().optional(),
  notesInFlow: z.boolean().optional(),
  executeOnce: z.boolean().optional(),
  alwaysOutputData: z.boolean().optional(),
  retryOnFail: z.boolean().optional(),
  maxTries: z.number().optional(),
  waitBetweenTries: z.number().optional(),
  continueOnFail: z.boolean().optional(),
  onError: z.string().optional(),
});

const settings = z.strictObject({
  saveExecutionProgress: z.boolean().optional(),
  saveManualExecutions: z.boolean().optional(),
  saveDataErrorExecution: z.enum(['all', 'none']).optional(),
  saveDataSuccessExecution: z.enum(['all', 'none']).optional(),
  executionTimeout: z.number().optional(),
  errorWorkflow: z.string().optional(),
  timezone: z.string().optional(),
  executionOrder: z.string().optional(),
  callerPolicy: z.string().optional(),
  callerIds: z.string().optional(),
  timeSavedPerExecution: z.number().optional(),
  availableInMCP: z.boolean().optional(),
});

/** Fields that an answer has and a request must not. */
const readOnlyFields = [
  'id',
  'active',
  'createdAt',
  'updatedAt',
  'isArchived',
  'versionId',
  'triggerCount',
  'tags',
  'shared',
  'activeVersion',
  'meta',
];

/** `POST /workflows` and `PUT /workflows/{id}`; unknown and read-only fields are refused. */
export const workflowRequest = z.strictObject({
  name: z.string(),
  nodes: z.array(node),
  connections: z.record(z.string(), z.unknown()),
  settings,
  staticData: z.unknown().optional(),
  pinData: z.record(z.string(), z.unknown()).nullish(),
  nodeGroups: z.array(z.unknown()).optional(),
  projectId: z.string().optional(),
  parentFolderId: z.string().nullish(),
});

/** The content of a valid workflow. */
export type WorkflowRequest = z.infer<typeof workflowRequest>;

/** The first problem of a body, in n8n's words. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const path = ['request', 'body', ...issue.path].join('/');
  if (issue.code === 'unrecognized_keys') {
    return `${path} Unrecognized key(s) in object: ${issue.keys.map((key) => `'${key}'`).join(', ')}`;
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    const parent = ['request', 'body', ...issue.path.slice(0, -1)].join('/');
    return `${parent} must have required property '${String(issue.path.at(-1) ?? '')}'`;
  }
  return `${path} ${issue.message}`;
}

/** A workflow, or what is wrong with it. */
export function parseWorkflow(body: unknown): { workflow: WorkflowRequest } | { problem: string } {
  const fields = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const readOnly = readOnlyFields.find((field) => fields.includes(field));
  if (readOnly !== undefined) return { problem: `request/body/${readOnly} is read-only` };
  const parsed = workflowRequest.safeParse(body, { reportInput: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: issue === undefined ? 'request/body is invalid' : describeIssue(issue) };
  }
  const { length } = parsed.data.name;
  if (length < 1 || length > 128) return { problem: 'Workflow name must be 1 to 128 characters long.' };
  return { workflow: parsed.data };
}
