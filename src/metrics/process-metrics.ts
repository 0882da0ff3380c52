/** Metrics of this process, from Node and the operating system. Read when asked for; no timer runs meanwhile. */
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** The beginning of every metric's name. */
export const prefix = 'client_provisioner_';

export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  const memory = new Gauge({
    name: `${prefix}process_resident_memory_bytes`,
    help: 'Memory that the process holds.',
    registers,
    collect: () => {
      memory.set(process.memoryUsage.rss());
    },
  });
  const start = new Gauge({
    name: `${prefix}process_start_time_seconds`,
    help: 'When the process started, in seconds since 1970.',
    registers,
    collect: () => {
      start.set(performance.timeOrigin / 1000);
    },
  });
  const cpu = new Counter({
    name: `${prefix}process_cpu_seconds_total`,
    help: 'Processor time that the process has used.',
    registers,
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  const busy = new Counter({
    name: `${prefix}process_event_loop_busy_seconds_total`,
    help: 'Time in which the event loop was busy: near one second per second it is the bottleneck.',
    registers,
    collect: () => {
      busy.reset();
      busy.inc(performance.eventLoopUtilization().active / 1000);
    },
  });
}
