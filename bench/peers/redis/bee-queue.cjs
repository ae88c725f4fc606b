// Bee-Queue: https://github.com/bee-queue/bee-queue. Settings: concurrency, keep (completed jobs, and their copies in the
// process), events, stallMs.
'use strict';

const Queue = require('bee-queue');
const { payload, run } = require('../node-peer.cjs');

run((url, settings) => {
  const { hostname, port } = new URL(url);
  const options = isWorker => {
    const chosen = { redis: { host: hostname, port: Number(port) }, isWorker };
    if (settings.keep === false) Object.assign(chosen, { removeOnSuccess: true, storeJobs: false });
    if (settings.events === false) Object.assign(chosen, { getEvents: false, sendEvents: false });
    if (settings.stallMs) chosen.stallInterval = settings.stallMs;
    return chosen;
  };

  return {
    async open(name) {
      const queue = new Queue(name, options(false));
      await queue.ready();
      return {
        add(number, id) {
          const job = queue.createJob(payload(number));
          return (id ? job.setId(id) : job).save();
        },
        async addMany(numbers) {
          const errors = await queue.saveAll(numbers.map(number => queue.createJob(payload(number))));
          if (errors.size > 0) throw [...errors.values()][0];
        },
        count: async () => (await queue.checkHealth()).waiting,
        close: () => queue.close(),
      };
    },

    async work(name, handler) {
      const queue = new Queue(name, options(true));
      queue.on('error', error => console.error(error));
      queue.process(settings.concurrency ?? 1, async job => handler(job.data.number));
      if (settings.stallMs) queue.checkStalledJobs(settings.stallMs);
      return { close: () => queue.close() };
    },
  };
});
