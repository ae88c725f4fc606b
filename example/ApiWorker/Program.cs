// An API role adds messages, a worker role processes them. Both run in this process, because the in-memory backend is
// not shared between processes; nothing else ties them together but the tasks that they declare in Tasks.cs.
using System.Runtime.InteropServices;
using ApiWorker;
using TaskQ;
using TaskQ.Memory;

if (!CommandLine.TryParse(args, out CommandLine? options))
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

// The first Ctrl+C stops gracefully, a second one at once.
using var stop = new CancellationTokenSource(options.TimeLimit, TimeProvider.System);
bool interrupted = false;
using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

// Messages are encoded as they are for a real store; without this option the arguments pass by reference.
await using var queues = new MemoryQueueFactory(new MemoryOptions { EncodeMessages = true });
TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "api-worker", MaxWorkers = 64 });

var ledger = new Ledger();
var worker = new WorkerRole(ledger);
var tasks = new Tasks(queue, worker.RefundAsync);
var api = new ApiRole(queue, tasks, ledger);

worker.Handle(tasks);
queue.Consumer.AddHook(ledger);
await queue.StartAsync(stop.Token);

try
{
    Task adding = api.RunAsync(options.Messages, stop.Token);
    await Progress.ShowUntilEmptyAsync(queue, adding, stop.Token);
    await adding;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine(interrupted ? "Stopping: what runs may end." : $"Not finished after {options.TimeLimit.TotalSeconds} s.");
}

await queue.StopAsync(TimeSpan.FromSeconds(5));

bool complete = await Summary.WriteAsync(queue, ledger);
return interrupted ? 130 : complete && !stop.IsCancellationRequested ? 0 : 1;

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = !interrupted;
    interrupted = true;
    stop.Cancel();
}
