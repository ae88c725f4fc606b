using TaskQ.Dispatch;
using TaskQ.Finish;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Finish;

public sealed class OutcomeDeciderTests
{
    private static readonly TaskMessage Message = new("task", Guid.Empty, ArgumentArray.Empty, null, null, default);
    private static readonly TaskOptions Defaults = new() { Name = "task" };
    private static readonly TimeSpan Asked = TimeSpan.FromSeconds(7);

    public static TheoryData<Exception> DelayedErrors => new((Exception[])[
        new RetryAfterException(Asked, "direct"),
        new InvalidOperationException("wrapped", new RetryAfterException(Asked, "inner")),
        new AggregateException(new InvalidOperationException(), new RetryAfterException(Asked, "second")),
        new InvalidOperationException("deep", new AggregateException(new FormatException("x", new RetryAfterException(Asked, "inner")))),
    ]);

    [Fact]
    public void Decide_OrdinaryError_RetriesAfterTheBackoff() =>
        Assert.Equal(new Outcome(OutcomeKind.Retry, TimeSpan.FromSeconds(90)), Decide(Defaults, 2, new InvalidOperationException(), 0.5));

    [Theory]
    [MemberData(nameof(DelayedErrors))]
    public void Decide_DelayedErrorAnywhereInTheChain_RetriesAfterItsDelay(Exception error) =>
        Assert.Equal(new Outcome(OutcomeKind.Retry, Asked), Decide(WithPolicy(_ => TimeSpan.FromHours(1)), 1, error));

    [Fact]
    public void Decide_PolicyGivesADelay_UsesItAsGiven() =>
        Assert.Equal(
            new Outcome(OutcomeKind.Retry, TimeSpan.FromDays(2)),
            Decide(WithPolicy(_ => TimeSpan.FromDays(2)), 1, new InvalidOperationException()));

    [Fact]
    public void Decide_PolicyGivesNull_FallsBackToTheBackoff() =>
        Assert.Equal(
            new Outcome(OutcomeKind.Retry, TimeSpan.FromSeconds(45)),
            Decide(WithPolicy(_ => null), 1, new InvalidOperationException(), 0.5));

    [Fact]
    public void Decide_PolicyIsAsked_SeesMessageAttemptAndError()
    {
        RetryContext? seen = null;
        var error = new InvalidOperationException();
        Decide(WithPolicy(context => (seen = context, TimeSpan.Zero).Item2), 3, error);
        Assert.Equal(new RetryContext(Message, 3, error), seen);
    }

    [Fact]
    public void Decide_PolicyThrows_ReportsItAndFallsBackToTheBackoff()
    {
        var thrown = new FormatException();
        Outcome outcome = OutcomeDecider.Decide(
            WithPolicy(_ => throw thrown), Message, 1, new InvalidOperationException(), 0.5, out Exception? policyError);
        Assert.Equal(OutcomeKind.Retry, outcome.Kind);
        Assert.Equal(TimeSpan.FromSeconds(45), outcome.Delay);
        Assert.Same(thrown, policyError);
    }

    [Fact]
    public void Decide_DelayOfTheErrorThrows_FallsBackToTheBackoff()
    {
        Outcome outcome = OutcomeDecider.Decide(
            Defaults, Message, 1, new InvalidOperationException("", new UnsureError()), 0.5, out Exception? policyError);
        Assert.Equal(OutcomeKind.Retry, outcome.Kind);
        Assert.Equal(TimeSpan.FromSeconds(45), outcome.Delay);
        Assert.IsType<NotSupportedException>(policyError);
    }

    [Fact]
    public void Decide_NegativeDelay_RetriesAtOnce() =>
        Assert.Equal(
            new Outcome(OutcomeKind.Retry, TimeSpan.Zero),
            Decide(WithPolicy(_ => TimeSpan.FromSeconds(-1)), 1, new InvalidOperationException()));

    [Theory]
    [InlineData(63, OutcomeKind.Retry)]
    [InlineData(64, OutcomeKind.Fail)]
    [InlineData(65, OutcomeKind.Fail)]
    public void Decide_AtTheRetryLimit_Fails(int attempt, object kind) =>
        Assert.Equal((OutcomeKind)kind, Decide(Defaults, attempt, new RetryAfterException(Asked, "")).Kind);

    [Fact]
    public void Decide_SkipRetryInTheChain_BeatsEverything()
    {
        var error = new AggregateException(new RetryAfterException(Asked, ""), new SkipRetryException("enough"));
        Assert.Equal(new Outcome(OutcomeKind.Fail, Reason: DeadReason.RetrySkipped), Decide(WithPolicy(_ => Asked), 1, error));
    }

    [Fact]
    public void Decide_ArgumentsDoNotFit_FailsAtOnce() =>
        Assert.Equal(
            new Outcome(OutcomeKind.Fail, Reason: DeadReason.BadArguments),
            Decide(Defaults, 1, new ArgumentMismatchException("two, not one")));

    [Fact]
    public void Decide_UnknownTaskAtItsLimit_SaysSo() =>
        Assert.Equal(
            new Outcome(OutcomeKind.Fail, Reason: DeadReason.UnknownTask),
            Decide(new TaskOptions { RetryLimit = 1 }, 1, new UnknownTaskException("q", "t")));

    private static Outcome Decide(TaskOptions options, int attempt, Exception error, double random = 0) =>
        OutcomeDecider.Decide(options, Message, attempt, error, random, out _);

    private static TaskOptions WithPolicy(Func<RetryContext, TimeSpan?> policy) => new() { Name = "task", RetryDelay = policy };

    private sealed class UnsureError : Exception, IDelayedError
    {
        public TimeSpan Delay => throw new NotSupportedException();
    }
}
