using TaskQ.Finish;
using Xunit;

namespace TaskQ.Tests.Finish;

public sealed class BackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Max = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData(1, 0.0, 30)]
    [InlineData(1, 0.5, 45)]
    [InlineData(2, 0.0, 60)]
    [InlineData(2, 0.5, 90)]
    [InlineData(5, 0.0, 480)]
    [InlineData(6, 0.0, 900)]
    [InlineData(6, 0.5, 1350)]
    [InlineData(64, 0.5, 1350)]
    [InlineData(int.MaxValue, 0.5, 1350)]
    public void Delay_OfARetry_LiesInTheUpperHalfOfItsBound(int retry, double random, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Delay(retry, Min, Max, random));

    [Fact]
    public void Delay_AtAnyRetryAndRandom_StaysWithinMinAndMax()
    {
        for (int retry = 0; retry < 200; retry++)
        {
            for (double random = 0; random < 1; random += 0.09)
            {
                Assert.InRange(Backoff.Delay(retry, Min, Max, random), Min, Max);
            }
        }
    }

    [Fact]
    public void Delay_WithEqualBounds_IsThatBound() =>
        Assert.Equal(Min, Backoff.Delay(7, Min, Min, 0.99));

    [Fact]
    public void Delay_WithTheLargestTimes_DoesNotOverflow() =>
        Assert.InRange(Backoff.Delay(63, TimeSpan.FromTicks(1), TimeSpan.MaxValue, 0.999), TimeSpan.Zero, TimeSpan.MaxValue);
}
