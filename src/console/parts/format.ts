/** Times and lengths of time as people read them. All times are UTC. */

const dayMs = 24 * 3600 * 1000;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `13:46:12`. */
export function timeOfDay(at: Date): string {
  return at.toISOString().slice(11, 19);
}

/** `Mon 30 Nov 2026`. */
export function fullDay(at: Date): string {
  return `${shortDay(at)} ${at.getUTCFullYear()}`;
}

/** The time of a day that is today, else the day; the year where it is another. */
export function shortTime(at: Date, now: Date): string {
  if (Math.floor(at.getTime() / dayMs) === Math.floor(now.getTime() / dayMs)) return timeOfDay(at);
  if (at.getUTCFullYear() === now.getUTCFullYear() && now.getTime() - at.getTime() < 180 * dayMs)
    return shortDay(at);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** With the day, where that is not today. */
export function dayAndTime(at: Date, now: Date): string {
  const short = shortTime(at, now);
  return short === timeOfDay(at) ? short : `${short} ${timeOfDay(at)}`;
}

function shortDay(at: Date): string {
  return `${days[at.getUTCDay()]} ${at.getUTCDate()} ${months[at.getUTCMonth()]}`;
}

/** `4 s`, `1 min 26 s`, `41 min`, `2 h 14 min`, `3 d 4 h`: two units at the most. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (hours < 1) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const whole = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${whole} d` : `${whole} d ${hours % 24} h`;
}

/** `1 thing`, `3 things`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
