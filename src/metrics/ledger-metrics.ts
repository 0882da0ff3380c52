/** Metrics of the ledger, right for any number of processes. */
import { Gauge, type Registry } from 'prom-client';
import type { Totals } from '../ledger/totals.ts';
import { prefix } from './process-metrics.ts';

export function addLedgerMetrics(registry: Registry, totals: Totals): void {
  const registers = [registry];
  const provisionings = new Gauge({
    name: `${prefix}provisionings`,
    help: 'Provisionings in the ledger, by what became of them and of their undo.',
    labelNames: ['status', 'rollback'],
    registers,
  });
  for (const { status, rollback, count } of totals.provisionings)
    provisionings.set({ status, rollback }, count);

  const count = (isMeant: (row: Totals['provisionings'][number]) => boolean) =>
    totals.provisionings.filter(isMeant).reduce((sum, row) => sum + row.count, 0);
  const attention = new Gauge({
    name: `${prefix}provisionings_needing_attention`,
    help: 'Provisionings that wait for an operator.',
    labelNames: ['reason'],
    registers,
  });
  attention.set(
    { reason: 'paused' },
    count(({ status }) => status === 'paused'),
  );
  attention.set(
    { reason: 'incomplete' },
    count(({ rollback }) => rollback === 'incomplete'),
  );
  new Gauge({
    name: `${prefix}oldest_unfinished_provisioning_age_seconds`,
    help: 'How long the oldest provisioning that goes on by itself has been asked for; 0: there is none.',
    registers,
  }).set(totals.oldestUnfinishedSeconds);

  const callbacks = new Gauge({
    name: `${prefix}callbacks`,
    help: 'Callbacks in the ledger, by state.',
    labelNames: ['state'],
    registers,
  });
  for (const row of totals.callbacks) callbacks.set({ state: row.state }, row.count);
  new Gauge({
    name: `${prefix}oldest_pending_callback_age_seconds`,
    help: 'How old the oldest callback is that is still to be delivered; 0: there is none.',
    registers,
  }).set(totals.oldestPendingCallbackSeconds);
}
