using System.Threading.RateLimiting;
using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Dispatch;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class LocalLimiterTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ConcurrencyLimiter _permits = new(new ConcurrencyLimiterOptions { PermitLimit = 3, QueueLimit = 10 });

    [Fact]
    public async Task PrepareAsync_Idle_HoldsNoPermit()
    {
        using var limiter = new LocalLimiter(_permits, _clock);

        Assert.Equal(1, await limiter.PrepareAsync(10, CancellationToken.None));
        await limiter.AssignAsync([], CancellationToken.None);

        Assert.Equal(3, Free);
    }

    [Fact]
    public async Task PrepareAsync_Busy_GrantsWhatPermitsThereAre()
    {
        using var limiter = new LocalLimiter(_permits, _clock);
        await limiter.PrepareAsync(10, CancellationToken.None);
        Delivery first = New();
        await limiter.AssignAsync([first], CancellationToken.None);

        Assert.Equal(2, await limiter.PrepareAsync(10, CancellationToken.None));
        Delivery second = New();
        await limiter.AssignAsync([second], CancellationToken.None);
        Assert.Equal(0, Free);

        await limiter.AssignAsync([], CancellationToken.None);
        first.Running!.Permit!.Dispose();
        second.Running!.Permit!.Dispose();
        Assert.Equal(3, Free);
    }

    [Fact]
    public async Task PrepareAsync_CancelledWhileItWaits_GrantsNothing()
    {
        using var limiter = new LocalLimiter(_permits, _clock);
        await limiter.AssignAsync([New(), New(), New()], CancellationToken.None);
        using var source = new CancellationTokenSource();
        Task<int> waiting = limiter.PrepareAsync(1, source.Token).AsTask();

        await source.CancelAsync();

        Assert.Equal(0, await ConsumerRig.Within(waiting));
    }

    [Fact]
    public async Task AssignAsync_CancelledByABeatMeanwhile_StaysCancelled()
    {
        using var limiter = new LocalLimiter(_permits, _clock);
        Delivery delivery = New();
        delivery.Track().Cancel(CancelReason.Operator);

        await limiter.AssignAsync([delivery], CancellationToken.None);

        Assert.Equal(CancelReason.Operator, delivery.Running!.Reason);
        Assert.NotNull(delivery.Running.Permit);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1_000_000_000)]
    public async Task AssignAsync_LimiterSaysNonsenseAboutWhen_WaitsABoundedTime(int retryAfterSeconds)
    {
        using var strict = new StrictLimiter(TimeSpan.FromSeconds(retryAfterSeconds));
        using var limiter = new LocalLimiter(strict, _clock);
        Delivery delivery = New();

        Task assigned = limiter.AssignAsync([delivery], CancellationToken.None).AsTask();

        Assert.False(assigned.IsCompleted);
        Assert.InRange(_clock.NextTimer!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        _clock.Advance(_clock.NextTimer.Value);
        await ConsumerRig.Within(assigned);
        Assert.NotNull(delivery.Running!.Permit);
    }

    public void Dispose() => _permits.Dispose();

    private long Free => _permits.GetStatistics()!.CurrentAvailablePermits;

    private static Delivery New() => new(Guid.NewGuid(), new MessageBody([1]));

    /// <summary>Refuses the first permit, grants the second.</summary>
    private sealed class StrictLimiter(TimeSpan retryAfter) : RateLimiter
    {
        private int _asked;

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => new Answer(_asked++ > 0, retryAfter);

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            new(AttemptAcquireCore(permitCount));
    }

    private sealed class Answer(bool acquired, TimeSpan retryAfter) : RateLimitLease
    {
        public override bool IsAcquired => acquired;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = retryAfter;
            return metadataName == MetadataName.RetryAfter.Name;
        }
    }
}
