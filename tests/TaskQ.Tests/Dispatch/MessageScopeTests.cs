using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Telemetry;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Dispatch;

public sealed class MessageScopeTests
{
    private const int Rounds = 1000;

    private readonly ConsumerRig _rig = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_LoggerWithScopes_HandlerRunsInOne(bool fails)
    {
        var logger = new ScopeLogger();
        object? seen = null;
        TaskDefinition task = _rig.Queue.RegisterTask("t", () =>
        {
            seen = logger.Current;
            return fails ? Task.FromException(new IOException()) : Task.CompletedTask;
        });
        Delivery delivery = ConsumerRig.Deliver(task);

        RunResult result = await new Dispatcher(_rig.Queue, [], logger).RunAsync(delivery);

        var pairs = Assert.IsAssignableFrom<IReadOnlyList<KeyValuePair<string, object?>>>(seen);
        Assert.Equal(
            [new("Queue", "test"), new("Task", "t"), new("MessageId", delivery.Id), new("Attempt", 1)],
            pairs);
        Assert.Equal($"Queue:test Task:t MessageId:{delivery.Id} Attempt:1", pairs.ToString());
        Assert.Null(logger.Current);
        Assert.Equal(fails ? SettlementKind.Retry : SettlementKind.Complete, result.Settlement.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_LoggerWhoseScopesFail_MessageIsCompleted(bool atBegin)
    {
        var logger = new ScopeLogger { FailsAtBegin = atBegin, FailsAtEnd = !atBegin };
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });

        RunResult result = await new Dispatcher(_rig.Queue, [], new SafeLogger(logger)).RunAsync(ConsumerRig.Deliver(task));

        Assert.Equal(SettlementKind.Complete, result.Settlement.Kind);
    }

    [Fact]
    public void RunAsync_LoggerWithoutScopes_AllocatesNothingForThem()
    {
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });
        Delivery[] deliveries = [.. Enumerable.Range(0, 2 * Rounds).Select(_ => ConsumerRig.Deliver(task))];
        var dispatcher = new Dispatcher(_rig.Queue, [], new SafeLogger(NullLogger.Instance));
        Run(dispatcher, deliveries.AsSpan(0, Rounds));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(dispatcher, deliveries.AsSpan(Rounds));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
    }

    private static void Run(Dispatcher dispatcher, ReadOnlySpan<Delivery> deliveries)
    {
        foreach (Delivery delivery in deliveries)
        {
            ValueTask<RunResult> run = dispatcher.RunAsync(delivery);
            Assert.True(run.IsCompletedSuccessfully);
        }
    }

    private sealed class ScopeLogger : ILogger
    {
        private readonly AsyncLocal<object?> _current = new();

        public bool FailsAtBegin { get; init; }

        public bool FailsAtEnd { get; init; }

        public object? Current => _current.Value;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            if (FailsAtBegin && state is MessageScope)
            {
                throw new IOException();
            }

            object? outer = _current.Value;
            _current.Value = state;
            return new Scope(() => _current.Value = FailsAtEnd && state is MessageScope ? throw new IOException() : outer);
        }

        public bool IsEnabled(LogLevel logLevel) => false;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }
    }

    private sealed class Scope(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
