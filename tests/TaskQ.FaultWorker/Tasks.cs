using System.Diagnostics;

namespace TaskQ.FaultWorker;

/// <summary>What the fault tests have run: each task records when it starts (S) and ends (E), or that it was cancelled (C).</summary>
internal static class Tasks
{
    public static void Register(TaskQueue queue, WorkerOptions options, RunWriter log)
    {
        // Waits, as a handler does that asks others.
        Add("work", async (int number, int milliseconds, TaskContext context, CancellationToken cancelled) =>
        {
            log.Write('S', number, context.Attempt);
            try
            {
                await Task.Delay(Length(milliseconds), TimeProvider.System, cancelled);
            }
            catch (OperationCanceledException)
            {
                log.Write('C', number, context.Attempt);
                throw;
            }

            log.Write('E', number, context.Attempt);
        });

        // Waits whatever it is told meanwhile.
        Add("stubborn", async (int number, int milliseconds, TaskContext context) =>
        {
            log.Write('S', number, context.Attempt);
            await Task.Delay(Length(milliseconds), TimeProvider.System);
            log.Write('E', number, context.Attempt);
        });

        // Blocks every thread of the pool, and more than it would add meanwhile.
        Add("starve", (int number, int milliseconds, TaskContext context) =>
        {
            log.Write('S', number, context.Attempt);
            using var over = new ManualResetEventSlim();
            using var blocked = new CountdownEvent(100);
            for (int i = 0; i < blocked.InitialCount; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        over.Wait();
                        blocked.Signal();
                    },
                    null);
            }

            over.Wait(milliseconds);
            log.Write('E', number, context.Attempt);
            over.Set();
            blocked.Wait();
        });

        // Takes the process with it.
        Add("poison", (int number, int milliseconds, TaskContext context) =>
        {
            log.Write('S', number, context.Attempt);
            using var self = Process.GetCurrentProcess();
            self.Kill();
            using var never = new ManualResetEventSlim();
            never.Wait(Timeout.Infinite);
        });

        void Add(string name, Delegate handler) => queue.RegisterTask(new TaskOptions
        {
            Name = name,
            Handler = handler,
            CrashLimit = options.CrashLimit,
            MinBackoff = TimeSpan.FromMilliseconds(50),
        });

        TimeSpan Length(int milliseconds) => options.Work ?? TimeSpan.FromMilliseconds(milliseconds);
    }
}
