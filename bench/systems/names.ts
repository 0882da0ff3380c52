/** The systems: the product on either queue, two others, and the least that accepting an order can cost. */
export const systemNames = ['product-redis', 'product-postgres', 'chain', 'dbos', 'floor'] as const;
export type SystemName = (typeof systemNames)[number];

export const titles: Readonly<Record<SystemName, string>> = {
  'product-redis': 'product, queue in Redis',
  'product-postgres': 'product, queue in PostgreSQL',
  chain: 'bare chain',
  dbos: 'DBOS',
  floor: 'Express and one INSERT',
};
