/**
 * The bare chain: a BullMQ job for each step, which makes one call, updates one row, and adds the next job. It keeps no
 * intent, looks for nothing, and knows no lease: it is what the product's promises cost nothing in.
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';
import { variable } from '../children/child-side.ts';
import { stepCount, thingName } from '../orders.ts';
import { createThing, deleteThing } from '../stub/client.ts';
import { serveOrders } from './order-server.ts';

const jobData = z.object({
  id: z.string(),
  clientId: z.string(),
  isRolledBack: z.boolean(),
  isUndo: z.boolean(),
  position: z.number(),
  /** The ids of what is made by now. */
  made: z.array(z.string()),
});
type JobData = z.infer<typeof jobData>;

const concurrency = Number(variable('WORKER_CONCURRENCY'));
const stubUrl = variable('STUB_URL');
const pool = new pg.Pool({ connectionString: variable('DATABASE_URL'), max: concurrency });
const connection = new Redis(variable('REDIS_URL'), { maxRetriesPerRequest: null });
const queue = new Queue('chain', { connection });

if (variable('ONLY_ACCEPTS') === 'no')
  new Worker('chain', (job) => work(jobData.parse(job.data)), {
    connection: connection.duplicate(),
    concurrency,
  }).on('error', (error) => process.stderr.write(`${error.message}\n`));

async function work(data: JobData): Promise<void> {
  await (data.isUndo ? undo(data) : run(data));
}

async function run(data: JobData): Promise<void> {
  const { position } = data;
  const made = [...data.made, await createThing(stubUrl, thingName(data.clientId, position))];
  const isLast = position === stepCount;
  await record(data.id, position, isLast && !data.isRolledBack ? 'succeeded' : 'running', made);
  if (!isLast) await add({ ...data, position: position + 1, made });
  else if (data.isRolledBack) await add({ ...data, isUndo: true, made });
}

async function undo(data: JobData): Promise<void> {
  const { position, made } = data;
  await deleteThing(stubUrl, made[position - 1] ?? '');
  await record(data.id, position, position === 1 ? 'undone' : 'undoing', made.slice(0, position - 1));
  if (position > 1) await add({ ...data, position: position - 1 });
}

async function record(id: string, position: number, state: string, made: string[]): Promise<void> {
  await pool.query(
    'update chain.runs set position = $2, state = $3, made = $4, updated_at = clock_timestamp() where id = $1',
    [id, position, state, made],
  );
}

async function add(data: JobData): Promise<void> {
  await queue.add(data.isUndo ? 'undo' : 'run', data);
}

await serveOrders(async (order) => {
  await pool.query('insert into chain.runs (id, client_id) values ($1, $2)', [order.id, order.clientId]);
  await add({ ...order, isUndo: false, position: 1, made: [] });
});
