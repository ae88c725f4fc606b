using TaskQ.Backend;
using TaskQ.Memory.Testing;
using TaskQ.Sqs.Tests.Fake;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>What takes minutes to days: in a fake of SQS, by a fake clock.</summary>
public sealed class ClockFaultTests(FauxqsServer server) : FaultTest(server)
{
    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(24 * 60)]
    [InlineData(30 * 24 * 60)]
    [Trait("Fault", "S7")]
    public async Task Delay_BeyondThatOfSqs_IsExactToASecondAndCountsNoReceive(int minutes)
    {
        var clock = new ManualTimeProvider();
        using var sqs = new FakeSqs(clock);
        await using var factory = new SqsQueueFactory(
            sqs, new SqsOptions { CreateQueues = true, BatchWindow = TimeSpan.Zero, DeadLetterQueue = "dead-letters", MaxReceiveCount = 3 });
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = NewName(), TimeProvider = clock });
        DateTimeOffset due = clock.GetUtcNow() + TimeSpan.FromMinutes(minutes);
        await queue.AddAsync(Counting(queue).WithArgs(1).WithDelay(TimeSpan.FromMinutes(minutes)), Token);
        TimeSpan step = TimeSpan.FromSeconds(minutes > 100 ? 300 : 10);
        Delivery? delivery = null;

        // A poll from time to time, and each second near the due time, each a little off the whole second.
        while (delivery is null && clock.GetUtcNow() < due + TimeSpan.FromMinutes(1))
        {
            TimeSpan left = due - clock.GetUtcNow();
            clock.Advance(left > step ? step + TimeSpan.FromMilliseconds(7) : TimeSpan.FromMilliseconds(100));
            delivery = (await queue.Backend.ExchangeAsync([], new FetchRequest(NewLease(), 10, TimeSpan.Zero), Token)).Deliveries.SingleOrDefault();
        }

        TimeSpan late = clock.GetUtcNow() - due;
        Assert.NotNull(delivery);
        Assert.InRange(late, TimeSpan.Zero, TimeSpan.FromSeconds(1.2));
        Assert.Equal((1, 0), (delivery.Attempt, delivery.Crashes));
        Assert.Equal(0, (await queue.CountAsync(Token)).Dead);
        Figures.Print($"{minutes} min: {late.TotalMilliseconds:0} ms late, {sqs.Calls["SendMessageBatch"]} sends, 0 receives counted");
    }

    [Fact]
    [Trait("Fault", "S4")]
    public async Task Beat_TwelveHoursOver_IsLost()
    {
        var clock = new ManualTimeProvider();
        using var sqs = new FakeSqs(clock);
        await using var factory = new SqsQueueFactory(sqs, new SqsOptions { CreateQueues = true });
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = NewName(), TimeProvider = clock });
        await queue.AddAsync(Counting(queue).WithArgs(1), Token);
        var lease = new Lease(Guid.NewGuid(), TimeSpan.FromHours(3));
        await queue.Backend.ExchangeAsync([], new FetchRequest(lease, 1, TimeSpan.Zero), Token);
        int hours = 0;

        while ((await queue.Backend.BeatAsync([lease], Token)).Lost.Count == 0)
        {
            Assert.True(hours++ < 13);
            clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(12, hours);
        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
        Figures.Print($"beaten every hour, lost after {hours} hours, ready again");
    }
}
