using System.Diagnostics;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>Receiving under faults.</summary>
public abstract class ReceiveFaults : FaultTest
{
    private protected ReceiveFaults(SqsServer server)
        : base(server)
    {
    }

    [Fact]
    [Trait("Fault", "S9")]
    public async Task Service_FailsEveryThirdCall_NothingIsLost()
    {
        TaskQueue queue = Queue(options => options.LeaseDuration = Sec(3));
        TaskDefinition task = Counting(queue);
        int calls = 0;
        int faults = 0;
        Task<T> ShakeAsync<T>(Func<Task<T>> next)
        {
            if (Interlocked.Increment(ref calls) % 3 != 0)
            {
                return next();
            }

            Interlocked.Increment(ref faults);
            return Task.FromException<T>(new SqsException("Rate exceeded.") { Kind = SqsErrorKind.Throttled });
        }

        Sqs.OnSend = (batch, next) => ShakeAsync(() => next(batch));
        Sqs.OnReceive = (request, next) => ShakeAsync(() => next(request));
        Sqs.OnDelete = (handles, next) => ShakeAsync(() => next(handles));
        Sqs.OnChange = (changes, next) => ShakeAsync(() => next(changes));
        await queue.StartAsync(Token);
        int refused = 0;

        for (int n = 0; n < 100;)
        {
            try
            {
                await queue.AddAsync(task.WithArgs(n), Token);
                n++;
            }
            catch (SqsException)
            {
                refused++;
            }
        }

        await UntilAsync(() => Runs.Count == 100, "all have run");
        await EmptyAsync(queue);
        Assert.True(faults > 30);
        Figures.Print($"100 accepted, {refused} adds refused to their callers, {faults} of {calls} calls failed, 0 lost, {Runs.Values.Sum() - 100} duplicate runs");
    }

    [Fact]
    [Trait("Fault", "S10")]
    public async Task Receive_ReplyLost_IsDeliveredAgainAfterItsVisibility()
    {
        TaskQueue queue = Queue(options => options.LeaseDuration = Sec(2));
        TaskDefinition task = Counting(queue);
        int lost = 0;
        Sqs.OnReceive = async (request, next) =>
        {
            SqsReceived received = await next(request);
            if (received.Messages.Count > 0 && Interlocked.Add(ref lost, received.Messages.Count) <= 20)
            {
                throw FaultySqs.Unavailable();
            }

            return received;
        };
        await queue.AddRangeAsync(Enumerable.Range(0, 30).Select(n => task.WithArgs(n)), Token);
        long start = Stopwatch.GetTimestamp();

        await queue.StartAsync(Token);

        await UntilAsync(() => Runs.Count == 30, "all have run");
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        await EmptyAsync(queue);
        Assert.All(Runs, run => Assert.Equal(1, run.Value));
        Figures.Print($"2 replies with 20 messages lost: all 30 ran once, the last after {took.TotalSeconds:0.0} s of a lease of 2 s");
    }

    [Fact]
    [Trait("Fault", "S13")]
    public async Task Service_DeliversSomeTwice_EachRunsAndNothingIsLost()
    {
        TaskQueue queue = Queue();
        TaskDefinition task = Counting(queue);
        int sent = 0;
        int copies = 0;
        Sqs.OnSend = async (batch, next) =>
        {
            IReadOnlyList<SqsSendResult> results = await next(batch);
            foreach (SqsOutgoingMessage message in batch)
            {
                if (Interlocked.Increment(ref sent) % 100 == 0)
                {
                    Interlocked.Increment(ref copies);
                    await next([message]);
                }
            }

            return results;
        };
        await queue.AddRangeAsync(Enumerable.Range(0, 500).Select(n => task.WithArgs(n)), Token);

        await queue.StartAsync(Token);

        await UntilAsync(() => Runs.Values.Sum() == 500 + copies, "each copy has run");
        await EmptyAsync(queue);
        Assert.Equal(500, Runs.Count);
        Assert.Equal(5, copies);
        int receives = Sqs.Calls["ReceiveMessage"] + Sqs.Calls["DeleteMessage"];
        Figures.Print($"500 messages, {copies} delivered twice by the service: {Runs.Values.Sum()} runs, 0 lost; {receives / 505.0:0.000} receives and deletes per message");
    }
}
