/** The least that accepting an order can cost: an Express handler with one INSERT. */
import pg from 'pg';
import { variable } from '../children/child-side.ts';
import { serveOrders } from './order-server.ts';

const pool = new pg.Pool({ connectionString: variable('DATABASE_URL'), max: 20 });

await serveOrders((order) =>
  pool.query('insert into floor.orders (id, client_id) values ($1, $2)', [order.id, order.clientId]),
);
