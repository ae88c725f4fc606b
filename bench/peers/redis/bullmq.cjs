// BullMQ: https://docs.bullmq.io. Settings: concurrency, keep (completed jobs), pipelining, lockMs, stalledMs.
'use strict';

const { Queue, Worker } = require('bullmq');
const { payload, run } = require('../node-peer.cjs');

run((url, settings) => {
  const { hostname, port } = new URL(url);
  const connection = { host: hostname, port: Number(port), enableAutoPipelining: settings.pipelining ?? false };

  return {
    async open(name) {
      const queue = new Queue(name, { connection });
      await queue.waitUntilReady();
      return {
        add: (number, id) => queue.add('noop', payload(number), id ? { jobId: id } : undefined),
        addMany: numbers => queue.addBulk(numbers.map(number => ({ name: 'noop', data: payload(number) }))),
        count: () => queue.getWaitingCount(),
        close: () => queue.close(),
      };
    },

    async work(name, handler) {
      const options = { connection };
      if (settings.concurrency) options.concurrency = settings.concurrency;
      if (settings.keep === false) options.removeOnComplete = { count: 0 };
      if (settings.lockMs) options.lockDuration = settings.lockMs;
      if (settings.stalledMs) options.stalledInterval = settings.stalledMs;
      const worker = new Worker(name, async job => handler(job.data.number), options);
      worker.on('error', error => console.error(error));
      return { close: () => worker.close() };
    },
  };
});
