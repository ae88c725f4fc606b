using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using TaskQ.Memory;
using Xunit;

namespace TaskQ.Tests.Telemetry;

public sealed class QueueMetricsTests : IAsyncDisposable
{
    private const string Error = "error.type=System.InvalidOperationException";

    private readonly TestMeters _meters = new();
    private readonly Measured _measured;
    private readonly MemoryQueueFactory _factory = new();

    public QueueMetricsTests() => _measured = new Measured(_meters);

    [Fact]
    public async Task Run_Successful_IsMeasuredOnce()
    {
        TaskQueue queue = Register();
        TaskDefinition task = queue.RegisterTask("work", () => { });

        await RunAsync(queue, task.WithArgs());

        Assert.Equal(["messaging.operation.name=add messaging.operation.type=send"], _measured.Of("messaging.client.sent.messages"));
        Assert.Equal(["messaging.operation.name=fetch messaging.operation.type=receive"], _measured.Of("messaging.client.consumed.messages"));
        Assert.Equal(
            ["messaging.operation.name=process messaging.operation.type=process taskq.task.name=work"],
            _measured.Of("messaging.process.duration"));
        Assert.Equal(["taskq.task.name=work"], _measured.Of("taskq.message.age"));
        Assert.All(_measured.Values("messaging.process.duration"), seconds => Assert.InRange(seconds, 0, 10));
        string[] calls = _measured.Of("messaging.client.operation.duration");
        Assert.Single(calls, "messaging.operation.name=add messaging.operation.type=send");
        Assert.Contains("messaging.operation.name=fetch messaging.operation.type=receive", calls);
        Assert.Empty(_measured.Of("taskq.retries"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("async")]
    [InlineData("context")]
    [InlineData("hook")]
    public async Task Run_FailsThenSucceeds_CountsTheRetryAndBothRuns(string kind)
    {
        TaskQueue queue = Register();
        int runs = 0;
        void Fail()
        {
            if (++runs == 1)
            {
                throw new InvalidOperationException("once more");
            }
        }

        Delegate handler = kind switch
        {
            "async" => async () =>
            {
                await Task.Yield();
                Fail();
            }
            ,
            "context" => (TaskContext _) => Fail(),
            _ => () => Fail(),
        };
        if (kind == "hook")
        {
            queue.Consumer.AddHook(new PassingHook());
        }

        TaskDefinition task = queue.RegisterTask(new TaskOptions { Name = "work", Handler = handler, RetryDelay = _ => TimeSpan.Zero });

        await RunAsync(queue, task.WithArgs());

        const string Run = "messaging.operation.name=process messaging.operation.type=process taskq.task.name=work";
        Assert.Equal([$"{Error} {Run}", Run], _measured.Of("messaging.process.duration"));
        Assert.Equal([$"{Error} taskq.task.name=work"], _measured.Of("taskq.retries"));
        Assert.Single(_measured.Of("taskq.message.age"));
        Assert.Equal(2, _measured.Values("messaging.client.consumed.messages").Sum());
    }

    [Fact]
    public async Task Run_HookFailsAfterSuccess_IsNoError()
    {
        TaskQueue queue = Register();
        queue.Consumer.AddHook(new LateHook());

        await RunAsync(queue, queue.RegisterTask("work", () => { }).WithArgs());

        Assert.DoesNotContain("error.type", Assert.Single(_measured.Of("messaging.process.duration")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Failing_CountsFallbackAndDeadLetter()
    {
        TaskQueue queue = Register();
        TaskDefinition works = Failing("works", () => { });
        TaskDefinition fails = Failing("fails", () => throw new FormatException("no"));
        TaskDefinition none = Failing("none", null);

        await RunAsync(queue, works.WithArgs(), fails.WithArgs(), none.WithArgs());

        Assert.Equal(
            ["error.type=System.FormatException taskq.task.name=fails", "taskq.task.name=works"],
            _measured.Of("taskq.fallbacks").Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                $"{Error} taskq.dead_letter.reason=retries exhausted taskq.task.name=fails",
                $"{Error} taskq.dead_letter.reason=retries exhausted taskq.task.name=none",
            ],
            _measured.Of("taskq.dead_letters").Order(StringComparer.Ordinal));

        TaskDefinition Failing(string name, Action? fallback) => queue.RegisterTask(new TaskOptions
        {
            Name = name,
            Handler = () => { throw new InvalidOperationException("no"); },
            FallbackHandler = fallback,
            RetryLimit = 1,
        });
    }

    [Fact]
    public async Task Run_UnknownTask_CountsWithoutItsName()
    {
        TaskQueue queue = Register(options => options.UnknownTask = new TaskOptions { RetryLimit = 1 });

        await RunAsync(queue, queue.RegisterTask("declared").WithArgs());

        Assert.Contains("taskq.dead_letter.reason=unknown task", Assert.Single(_measured.Of("taskq.dead_letters")), StringComparison.Ordinal);
        Assert.Empty(_measured.Of("messaging.process.duration"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Add_Duplicates_AreSentAndCounted(bool range)
    {
        TaskQueue queue = Register();
        TaskDefinition task = queue.RegisterTask("work", () => { });
        TaskMessage[] messages = [.. Enumerable.Range(0, 3).Select(_ => task.WithArgs().WithName("one"))];

        if (range)
        {
            await queue.AddRangeAsync(messages, TestContext.Current.CancellationToken);
        }
        else
        {
            foreach (TaskMessage message in messages)
            {
                await queue.AddAsync(message, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(3, _measured.Values("messaging.client.sent.messages").Sum());
        Assert.Equal(2, _measured.Values("taskq.duplicates").Sum());
        Assert.Equal(range ? 1 : 3, _measured.Of("messaging.client.operation.duration").Length);
    }

    [Fact]
    public async Task Add_Failing_IsSentWithItsError()
    {
        TaskQueue queue = Register();
        TaskMessage message = queue.RegisterTask("work", () => { }).WithArgs();
        await queue.AddAsync(message, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.AddAsync(message, TestContext.Current.CancellationToken));

        Assert.Contains($"{Error} messaging.operation.name=add messaging.operation.type=send", _measured.Of("messaging.client.sent.messages"));
        Assert.Contains($"{Error} messaging.operation.name=add messaging.operation.type=send", _measured.Of("messaging.client.operation.duration"));
    }

    [Fact]
    public async Task RateLimiter_WaitForAPermit_IsMeasured()
    {
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 10 });
        TaskQueue queue = Register(options => options.RateLimiter = limiter);
        int runs = 0;
        TaskDefinition task = queue.RegisterTask("work", async (CancellationToken cancellationToken) =>
        {
            // The first one holds the permit until the fetcher waits for it.
            bool isFirst = Interlocked.Increment(ref runs) == 1;
            while (isFirst && limiter.GetStatistics()!.CurrentQueuedCount == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        });

        await RunAsync(queue, task.WithArgs(), task.WithArgs());

        Assert.NotEmpty(_measured.Of("taskq.limiter.wait.duration"));
    }

    [Fact]
    public async Task Consumer_WhileItRuns_ShowsWorkersAndFetchers()
    {
        TaskQueue queue = Register(options =>
        {
            options.MinWorkers = options.MaxWorkers = 3;
            options.MinFetchers = options.MaxFetchers = 2;
        });
        await queue.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal([(3, "")], _measured.Observe("taskq.workers"));
        Assert.Equal([(2, "")], _measured.Observe("taskq.fetchers"));
        await queue.StopAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([(0, "")], _measured.Observe("taskq.workers"));
        await _factory.DisposeAsync();

        Assert.Empty(_measured.Observe("taskq.workers"));
    }

    [Fact]
    public async Task Hosts_InOneProcess_DoNotMeet()
    {
        using var otherMeters = new TestMeters();
        using var other = new Measured(otherMeters);
        TaskQueue queue = Register();

        await RunAsync(queue, queue.RegisterTask("work", () => { }).WithArgs());

        Assert.Empty(other.Observe("taskq.workers"));
        Assert.Empty(other.Of("messaging.client.sent.messages"));
        Assert.NotEmpty(_measured.Of("messaging.client.sent.messages"));
    }

    [Fact]
    public async Task Queues_OfOneHost_ShareItsMeterAndOutliveEachOther()
    {
        TaskQueue queue = Register();
        await using var second = new MemoryQueueFactory();
        second.RegisterQueue(new QueueOptions { Name = "test", Services = _meters });
        int instruments = _measured.Instruments.Count;

        Assert.Equal(2, _measured.Observe("taskq.workers").Length);
        await second.DisposeAsync();

        Assert.Single(_measured.Observe("taskq.workers"));
        await queue.AddAsync(queue.RegisterTask("work", () => { }).WithArgs(), TestContext.Current.CancellationToken);
        Assert.Single(_measured.Of("messaging.client.sent.messages"));
        Assert.Equal(instruments, _measured.Instruments.Count);
        Assert.Equal(instruments, _measured.Instruments.DistinctBy(instrument => instrument.Name).Count());
    }

    [Fact]
    public void Queue_WithoutMeterFactory_UsesTheMeterOfTheProcess()
    {
        Meter? meter = null;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) => meter = instrument.Name == "taskq.workers" && instrument.Meter.Scope is null ? instrument.Meter : meter;
        _factory.RegisterQueue(new QueueOptions { Name = "test" });
        listener.Start();

        Assert.Equal("TaskQ", meter!.Name);
        Assert.Equal("https://opentelemetry.io/schemas/1.44.0", meter.TelemetrySchemaUrl);
    }

    [Fact]
    public void Durations_OfCalls_AdviseTheBucketsOfTheConventions()
    {
        Register();
        foreach (string name in new[] { "messaging.client.operation.duration", "messaging.process.duration" })
        {
            var histogram = Assert.IsType<Histogram<double>>(_measured.Instruments.Single(instrument => instrument.Name == name));
            Assert.Equal("s", histogram.Unit);
            Assert.Equal(
                [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
                histogram.Advice!.HistogramBucketBoundaries!);
        }
    }

    [Fact]
    public async Task ListenerThatThrows_FailsNoMessage()
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new FormatException("broken"));
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => throw new FormatException("broken"));
        listener.Start();
        TaskQueue queue = Register();
        int runs = 0;

        await RunAsync(queue, queue.RegisterTask("work", () => { runs++; }).WithArgs());

        Assert.Equal(1, runs);
        Assert.Equal(1, queue.Consumer.Stats.Processed);
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        _measured.Dispose();
        _meters.Dispose();
    }

    private TaskQueue Register(Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { Name = "test", Services = _meters };
        configure?.Invoke(options);
        return _factory.RegisterQueue(options);
    }

    private static async Task RunAsync(TaskQueue queue, params TaskMessage[] messages)
    {
        foreach (TaskMessage message in messages)
        {
            await queue.AddAsync(message, TestContext.Current.CancellationToken);
        }

        await queue.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    private sealed class PassingHook : IConsumerHook
    {
        public Task InvokeAsync(TaskContext context, TaskDelegate next) => next(context);
    }

    private sealed class LateHook : IConsumerHook
    {
        public async Task InvokeAsync(TaskContext context, TaskDelegate next)
        {
            await next(context);
            throw new InvalidOperationException("late");
        }
    }
}
