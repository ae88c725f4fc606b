namespace TaskQ.FaultWorker;

/// <summary>Adds messages, several at once, and records each (A) when its add has returned.</summary>
internal static class Producer
{
    /// <summary>The task of its messages: a number.</summary>
    private const string TaskName = "produced";

    private const int Loops = 32;

    public static async Task RunAsync(TaskQueue queue, RunWriter log, Task terminated)
    {
        TaskDefinition task = queue.RegisterTask(TaskName, static (int number) => { });
        int last = 0;
        await Task.WhenAll(Enumerable.Range(0, Loops).Select(async _ =>
        {
            while (!terminated.IsCompleted)
            {
                int number = Interlocked.Increment(ref last);
                await queue.AddAsync(task.WithArgs(number));
                log.Write('A', number, 0);
            }
        }));
    }
}
