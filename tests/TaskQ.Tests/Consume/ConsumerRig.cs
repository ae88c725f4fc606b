using TaskQ.Backend;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Tests.Consume;

/// <summary>A queue over a scripted store: one worker, one fetcher and a clock that stands still, unless told otherwise.</summary>
internal sealed class ConsumerRig
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public ConsumerRig(Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions
        {
            Name = "test",
            MinWorkers = 1,
            MaxWorkers = 1,
            MinFetchers = 1,
            MaxFetchers = 1,
            TimeProvider = Clock,
        };
        configure?.Invoke(options);
        Queue = new TaskQueue(options, Backend);
    }

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedBackend Backend { get; } = new();

    public TaskQueue Queue { get; }

    /// <summary>A delivery of a new message.</summary>
    public static Delivery Deliver(TaskDefinition task, params object?[] arguments)
    {
        TaskMessage message = task.WithArgs(arguments);
        return new Delivery(message.Id, new MessageBody(message));
    }

    /// <summary>Waits, though not for ever.</summary>
    public static Task Within(Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task<T> Within<T>(Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Waits until a condition holds, though not for ever.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var enough = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!condition())
        {
            enough.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass in steps until a task has ended.</summary>
    public async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        using var enough = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!task.IsCompleted)
        {
            enough.Token.ThrowIfCancellationRequested();
            Clock.Advance(step);
            await Task.Yield();
        }

        await task;
    }
}
