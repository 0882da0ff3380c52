import { expect, test } from 'vitest';
import { parseStat, redisCpuMs, sumOfTree } from '../../bench/measure/cpu.ts';

test('times are read in ms, whatever the name of the process holds', () => {
  const line = '42 (a (b) c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 5 1 20 0 11 0 9 9 9';
  expect(parseStat(line)).toEqual({ pid: 42, parent: 7, ownMs: 1200, endedMs: 60 });
});

const process = (pid: number, parent: number, ownMs: number, endedMs = 0) => ({
  pid,
  parent,
  ownMs,
  endedMs,
});

test('a sum holds what is below and what has ended, and neither strangers nor what is left out', () => {
  const processes = [process(1, 0, 1), process(2, 1, 10, 100), process(3, 2, 1000), process(4, 2, 10_000)];
  expect(sumOfTree(processes, 2)).toBe(11_110);
  expect(sumOfTree(processes, 2, 4)).toBe(1110);
  expect(sumOfTree(processes, 9)).toBe(0);
});

test('the CPU time of Redis counts system and user, and no child twice', () => {
  const info = '# CPU\r\nused_cpu_sys:1.5\r\nused_cpu_user:2.25\r\nused_cpu_sys_main_thread:1.4\r\n';
  expect(redisCpuMs(info)).toBe(3750);
});
