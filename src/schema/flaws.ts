/** Flaws that keep a template from being applied, told before anything is sent. */
import { StepFailure } from '../errors.ts';
import type { Place } from './places.ts';

export interface Flaw {
  readonly file: string;
  readonly place: Place;
  /** `COMMIT is a transaction command` */
  readonly what: string;
  /** A sentence: what to change in the file. */
  readonly fix: string;
}

const shownFlaws = 5;

/** The template's SQL can't be applied, to whatever project. */
export class TemplateFlawed extends StepFailure {
  /** In the order of the files; at least one. */
  readonly flaws: readonly Flaw[];

  constructor(flaws: readonly Flaw[]) {
    const more = flaws.length > shownFlaws ? [`and ${flaws.length - shownFlaws} more`] : [];
    super('schema-invalid', [...flaws.slice(0, shownFlaws).map(describeFlaw), ...more].join('\n'));
    this.flaws = flaws;
  }
}

function describeFlaw({ file, place, what, fix }: Flaw): string {
  return `${file}, line ${place.line}, column ${place.column}: ${what}. ${fix}`;
}
