/** The answers of the API, as schemas: the OpenAPI document is made of them, and tests hold the answers to them. */
import { z } from 'zod';
import {
  failureSchema,
  provisioningStatuses,
  resourceStates,
  rollbackStatuses,
  tiers,
} from '../provisioning.ts';

const time = z.iso.datetime();

export const problemAnswer = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
    requestId: z.string().optional(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    provisioningId: z.uuid().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. `code` is stable, `detail` is for people.' });

const linksAnswer = z.strictObject({ self: z.string(), events: z.string(), dashboard: z.string() });

const stepAnswer = z
  .strictObject({
    name: z.string(),
    status: z.enum([
      'pending',
      'running',
      'waiting',
      'succeeded',
      'failed',
      'skipped',
      'undone',
      'undo-failed',
    ]),
    attempts: z.int().min(0),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    waitingFor: z.string().nullable().meta({ description: 'What it waits for at present.' }),
    waiting: z
      .strictObject({
        for: z.string().meta({ description: 'Something at a provider, or `the next attempt`.' }),
        since: time,
        until: time.nullable().meta({ description: 'When it is given up; null: it ends by itself.' }),
        nextLookAt: time.nullable().meta({ description: 'null: now.' }),
      })
      .nullable()
      .meta({ description: 'The same with its times.' }),
    error: z
      .strictObject({ code: z.string(), message: z.string(), whatToDo: z.string().optional() })
      .nullable(),
  })
  .meta({ id: 'Step' });

const resourceAnswer = z
  .strictObject({
    id: z.uuid(),
    kind: z.string(),
    externalId: z.string().nullable().meta({ description: "The provider's immutable id." }),
    name: z.string(),
    url: z.string().nullable(),
    origin: z.enum(['created', 'foreign']),
    state: z.enum(resourceStates),
    error: z.string().optional(),
    whatToDo: z.string().optional(),
  })
  .meta({ id: 'Resource' });

const warningAnswer = z
  .strictObject({
    step: z.string(),
    code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
    message: z.string(),
  })
  .meta({ id: 'Warning', description: 'What succeeded and will still trouble somebody.' });

const failureAnswer = failureSchema.extend({
  whatToDo: z.string().meta({ description: 'What fixes it, and what is to be asked of us then.' }),
});

export const provisioningAnswer = z
  .strictObject({
    id: z.uuid(),
    clientId: z.string(),
    clientName: z.string(),
    orgEmail: z.string(),
    tier: z.enum(tiers),
    onFailure: z.enum(['rollback', 'pause']),
    status: z.enum(provisioningStatuses),
    rollback: z.strictObject({ status: z.enum(rollbackStatuses) }),
    done: z.boolean().meta({ description: 'Nothing more happens by itself.' }),
    needsAttention: z.boolean().meta({ description: 'An operator has to act.' }),
    steps: z.array(stepAnswer),
    resources: z.array(resourceAnswer),
    result: z.record(z.string(), z.string()).meta({ description: 'What is known of the stack so far.' }),
    failure: failureAnswer
      .extend({
        providerText: z.string().optional().meta({
          description:
            "The provider's own words, without secrets and cut: in the answer of this call only, for operators and admins.",
        }),
      })
      .nullable(),
    warnings: z.array(warningAnswer),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.nullable(),
    links: linksAnswer,
  })
  .meta({ id: 'Provisioning' });

export const callbackTypes = [
  'provisioning.succeeded',
  'provisioning.failed',
  'provisioning.paused',
  'provisioning.cancelled',
  'provisioning.rolled_back',
  'provisioning.rollback_incomplete',
] as const;

/** The body of a callback. */
export const callbackBody = z
  .strictObject({
    type: z.enum(callbackTypes),
    timestamp: time,
    data: provisioningAnswer
      .pick({
        id: true,
        clientId: true,
        status: true,
        rollback: true,
        result: true,
        warnings: true,
        links: true,
      })
      .extend({
        failure: failureAnswer.nullable(),
        sequence: z
          .int()
          .min(1)
          .meta({ description: 'Counts the callbacks of a provisioning, without gaps.' }),
      }),
  })
  .meta({ id: 'CallbackBody' });

/** A page of a list: follow `nextCursor` until it is null. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const orphansAnswer = z.strictObject({
  checkedAt: time.nullable(),
  items: z.array(z.looseObject({ kind: z.string(), externalId: z.string(), name: z.string() })),
  errors: z.array(z.looseObject({})),
});

export const orphanLookAnswer = z.strictObject({
  checkedAt: time.nullable().meta({ description: 'When the last look ended; null: nobody has looked yet.' }),
  isNew: z.boolean().meta({ description: 'false: a look was due or under way already.' }),
});

const attemptAnswer = z.strictObject({
  attempt: z.int(),
  at: time,
  status: z.int().nullable(),
  error: z.string().nullable(),
  durationMs: z.int(),
});

export const callbacksAnswer = z.strictObject({
  items: z.array(
    z
      .strictObject({
        id: z.uuid().meta({ description: 'The `webhook-id` of every attempt.' }),
        sequence: z.int(),
        type: z.string(),
        state: z.enum(['pending', 'delivered', 'failed', 'stopped']),
        attempts: z.array(attemptAnswer).meta({ description: 'The newest of them.' }),
        attemptCount: z.int(),
        createdAt: time,
        deliveredAt: time.nullable(),
        nextAttemptAt: time.nullable(),
      })
      .meta({ id: 'Callback' }),
  ),
});

export const eventAnswer = z
  .strictObject({
    sequence: z.int().min(1),
    type: z.string(),
    at: time,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
