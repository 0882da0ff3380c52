/** As people name whoever it was: `key:ab12` is `key ab12`. */
export function nameOf(by: string): string {
  return by === 'admin-key' ? 'admin key' : by.replace(':', ' ');
}
