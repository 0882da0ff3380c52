/**
 * Workflows as n8n's public API shows them.
 *
 * Among them are foreign ones, of any age and from any import: numeric node ids, `parameters: null`, no nodes at all. Each
 * field is read for itself, and one that cannot be read is as good as absent: nobody's workflow may keep a client from
 * being served. Of a row only that is kept which tells whose it is and what it takes.
 */
import { z } from 'zod';

/** A webhook node, of the draft or of the published version. */
export interface N8nWebhookNode {
  readonly id: string | undefined;
  readonly webhookId: string | undefined;
  /** Without slashes around it: n8n ignores them. */
  readonly path: string | undefined;
}

/** Anyone's workflow. */
export interface N8nWorkflow {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly isArchived: boolean;
  readonly createdAt: Date | undefined;
  readonly webhooks: readonly N8nWebhookNode[];
  /** Id of the first node that answers a webhook, of the draft. */
  readonly answerId: string | undefined;
}

const text = z.string().optional().catch(undefined);
const date = z
  .string()
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()))
  .optional()
  .catch(undefined);

const node = z
  .object({
    id: text,
    type: text,
    webhookId: text,
    parameters: z.object({ path: text }).optional().catch(undefined),
  })
  .optional()
  .catch(undefined);
const nodes = z.array(node).catch([]);

/** Any workflow, read leniently. Only rows without an id are rejected. */
export const workflowRow = z
  .object({
    id: z.union([z.string().min(1), z.number().transform(String)]),
    name: z.string().catch(''),
    active: z.boolean().catch(false),
    isArchived: z.boolean().catch(false),
    createdAt: date,
    nodes,
    // The published version, which may no longer be the draft.
    activeVersion: z.object({ nodes }).optional().catch(undefined),
  })
  .transform(({ nodes: draft, activeVersion, createdAt, ...workflow }): N8nWorkflow => {
    const webhooks = [...draft, ...(activeVersion?.nodes ?? [])].flatMap((one) =>
      one?.type === 'n8n-nodes-base.webhook'
        ? { id: one.id, webhookId: one.webhookId, path: one.parameters?.path?.replaceAll(/^\/+|\/+$/g, '') }
        : [],
    );
    const answer = draft.find((one) => one?.type === 'n8n-nodes-base.respondToWebhook');
    return { ...workflow, createdAt, webhooks, answerId: answer?.id };
  });

/** One page of the list. What is no workflow at all is left out. */
export const workflowPage = z.object({
  data: z
    .array(workflowRow.optional().catch(undefined))
    .transform((rows) => rows.filter((row) => row !== undefined)),
  nextCursor: z.string().nullish(),
});
