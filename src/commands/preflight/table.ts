/** A report as people read it in a terminal. */
import type { CheckResult } from '../../api/preflight.ts';
import { textTable, withoutSteering } from '../text-table.ts';

export function tableOf(checks: readonly CheckResult[]): string {
  const header = ['PROVIDER', 'CHECK', '', 'SEEN'];
  const rows = checks.map(({ provider, name, ok, detail }) => [provider, name, ok ? 'ok' : 'FAILED', detail]);
  const failed = checks.filter(({ ok }) => !ok);
  const fixes = failed.map(({ provider, name, fix }) => `${provider} ${name}: ${fix ?? ''}`);
  const summary =
    failed.length === 0 ? 'Everything is in order.' : `${failed.length} of ${checks.length} failed:`;
  return [...textTable(header, rows), '', summary, ...fixes.map(withoutSteering), ''].join('\n');
}
