/** DBOS: a workflow of five steps, which compensates for each of them in reverse where the order is to be undone. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { variable } from '../children/child-side.ts';
import { positions, thingName } from '../orders.ts';
import { createThing, deleteThing } from '../stub/client.ts';
import { serveOrders } from './order-server.ts';

const stubUrl = variable('STUB_URL');
const onlyAccepts = variable('ONLY_ACCEPTS') === 'yes';
const queueName = 'orders';

async function provision(clientId: string, rollsBack: boolean): Promise<void> {
  const made: string[] = [];
  for (const position of positions)
    made.push(
      await DBOS.runStep(() => createThing(stubUrl, thingName(clientId, position)), {
        name: `thing-${position}`,
      }),
    );
  if (!rollsBack) return;
  for (const id of made.toReversed())
    await DBOS.runStep(() => deleteThing(stubUrl, id), { name: `undo-${id}` });
}
const workflow = DBOS.registerWorkflow(provision, { name: 'provision' });

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: variable('DATABASE_URL'),
  systemDatabasePoolSize: Number(variable('WORKER_CONCURRENCY')),
  logLevel: 'error',
  // An order that is only to be accepted goes to a queue that nobody listens to.
  ...(onlyAccepts ? { listenQueues: ['another'] } : {}),
});
await DBOS.launch();
if (onlyAccepts) await DBOS.registerQueue(queueName);

// A workflow that is to run is started at once: a queue would only add the wait for its next look.
await serveOrders((order) =>
  DBOS.startWorkflow(workflow, {
    workflowID: order.id,
    ...(onlyAccepts ? { queueName } : {}),
  })(order.clientId, order.isRolledBack),
);
