using System.Runtime.InteropServices;
using TaskQ;
using TaskQ.FaultWorker;

// A worker process for fault tests: it runs messages and records each run, until SIGTERM or the end of its input.
var options = WorkerOptions.Parse(args);
using var log = new RunWriter(options.LogFolder);
await using var factory = Backends.Open(options);
var queue = factory.RegisterQueue(options.ToQueueOptions(log));
Tasks.Register(queue, options, log);

var terminated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    log.Write('T', 0, 0);
    terminated.TrySetResult();
});

// A test that dies closes the input, so that no worker outlives it.
_ = Task.Run(async () =>
{
    while (await Console.In.ReadLineAsync() is not null)
    {
    }

    terminated.TrySetResult();
});

if (options.OnlyAdds)
{
    Console.WriteLine("ready");
    await Producer.RunAsync(queue, log, terminated.Task);
    return;
}

if (options.OnlyCounts)
{
    // Whoever counts also moves what is due and what was lost; this one runs nothing.
    Console.WriteLine("ready");
    while (!terminated.Task.IsCompleted)
    {
        await queue.CountAsync();
        log.Write('P', 0, 0);
    }

    return;
}

await queue.CountAsync();
await queue.StartAsync();
Console.WriteLine("ready");
await terminated.Task;
await queue.StopAsync(options.StopTimeout);
log.Write('X', 0, 0);
