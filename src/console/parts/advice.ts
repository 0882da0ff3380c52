/** The API's advice as a page gives it. */

/** The API's advice names its calls; here there are buttons. Pure. */
export function advice(text: string): string {
  return text
    .replaceAll(/,? then POST …\/(rollback|resume|redeliver|resources)\b[^.]*/g, '')
    .replaceAll(/ ?(Then|Or) POST …\/[^.]*\./g, '')
    .replaceAll(/ ?See (what each resource says|resources for what is left)[^.]*\./g, '')
    .replaceAll(/POST …\/rollback to try again\. /g, '')
    .trim();
}
