/** The least that takes an order over HTTP: for the systems that are not the product. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import { z } from 'zod';
import { listenAnywhere, tellReady } from '../children/child-side.ts';
import { saysRollsBack } from '../orders.ts';

/** An order that was accepted. */
export interface AcceptedOrder {
  readonly id: string;
  readonly clientId: string;
  readonly isRolledBack: boolean;
}

const orderBody = z.object({ clientId: z.string(), clientName: z.string() });

/** Answers 202 and the order's id once `accept` has kept it. */
export async function serveOrders(accept: (order: AcceptedOrder) => Promise<unknown>): Promise<void> {
  const app = express();
  app.use(express.json());
  app.post('/api/provisioning', async (request, response) => {
    const { clientId, clientName } = orderBody.parse(request.body);
    const id = randomUUID();
    await accept({ id, clientId, isRolledBack: saysRollsBack(clientName) });
    response.status(202).json({ id });
  });
  tellReady(await listenAnywhere(createServer(app)));
}
