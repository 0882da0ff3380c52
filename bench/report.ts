/** Reports all rounds: medians, their spread, and how the product compares. */
import { textTable } from '../src/commands/text-table.ts';
import { figureNames, figures, type FigureName, type Figures } from './measure/figures.ts';
import { ratiosByRound, spreadOf, type Spread } from './measure/statistics.ts';
import { titles, type SystemName } from './systems/names.ts';

/** One entry for each round. */
export type Rounds = readonly Readonly<Partial<Record<SystemName, Figures>>>[];

export interface Report {
  readonly systems: readonly SystemReport[];
  readonly ratios: readonly RatioReport[];
}

export interface SystemReport {
  readonly system: SystemName;
  readonly figures: Readonly<Partial<Record<FigureName, Spread>>>;
}

/** A product's figure divided by the other's of the same round. */
export interface RatioReport extends SystemReport {
  readonly to: SystemName;
}

const products = ['product-redis', 'product-postgres'] as const;
const yardsticks = ['chain', 'dbos'] as const;

export function makeReport(rounds: Rounds, measured: readonly SystemName[]): Report {
  const valuesOf = (system: SystemName, figure: FigureName) => rounds.map((round) => round[system]?.[figure]);
  const pairs = products.flatMap((system) => yardsticks.map((to) => ({ system, to })));
  return {
    systems: measured.map((system) => ({
      system,
      figures: spreads((figure) => valuesOf(system, figure).filter((value) => value !== undefined)),
    })),
    ratios: pairs
      .filter(({ system, to }) => measured.includes(system) && measured.includes(to))
      .map(({ system, to }) => ({
        system,
        to,
        figures: spreads((figure) => ratiosByRound(valuesOf(system, figure), valuesOf(to, figure))),
      })),
  };
}

function spreads(valuesOf: (figure: FigureName) => readonly number[]) {
  return Object.fromEntries(
    figureNames.flatMap((figure) => {
      const spread = spreadOf(valuesOf(figure));
      return spread === undefined ? [] : [[figure, spread]];
    }),
  );
}

/** The lines of both tables. */
export function reportLines({ systems, ratios }: Report): string[] {
  const table = (header: string, columns: readonly (SystemReport & { title: string })[]) =>
    textTable(
      [header, ...columns.map(({ title }) => title)],
      figureNames
        .filter((figure) => columns.some((column) => column.figures[figure] !== undefined))
        .map((figure) => [figures[figure], ...columns.map((column) => cell(column.figures[figure]))]),
    );
  const measured = table(
    'median (least to most)',
    systems.map((one) => ({ ...one, title: titles[one.system] })),
  );
  if (ratios.length === 0) return measured;
  const compared = table(
    'the product divided by',
    ratios.map((one) => ({ ...one, title: `${titles[one.to]} (${one.system})` })),
  );
  return [...measured, '', ...compared];
}

function cell(spread: Spread | undefined): string {
  if (spread === undefined) return '-';
  const { median, min, max } = spread;
  if (min === max) return rounded(median);
  return `${rounded(median)} (${rounded(min)} to ${rounded(max)})`;
}

/** Three digits that mean something. */
function rounded(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
