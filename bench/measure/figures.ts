/** The figures of a system in one round. */

export const figures = {
  runs1: 'runs/s, 1 at once',
  runs20: 'runs/s, 20 at once',
  runs100: 'runs/s, 100 at once',
  rollbacks20: 'rolled-back runs/s, 20 at once',
  cpu: 'CPU ms a run, all of it',
  cpuProcesses: '  its own processes',
  cpuPostgres: '  PostgreSQL',
  cpuRedis: '  Redis',
  addedToFive: 'ms added to five calls of 25 ms',
  addedToAll: 'ms added to all of its calls',
  calls: 'calls a run, looks included',
  queries: 'queries a run',
  writes: 'writing transactions a run',
  accepted: 'orders accepted/s, 20 at once',
  acceptP50: 'ms to accept an order, p50',
  acceptP99: 'ms to accept an order, p99',
  ready: 'ms until its slowest process is ready',
  memory: 'MB of its largest process, at rest',
  idleCpu: '% of a core at rest, its own processes',
  idleQueries: 'queries/s at rest',
} as const;

export type FigureName = keyof typeof figures;
// Object.keys() knows only texts.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const figureNames = Object.keys(figures) as readonly FigureName[];

/** One system in one round. What was not measured is left out. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;
