using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class QueueOptionsValidatorTests
{
    private static readonly Dictionary<string, (Action<QueueOptions> Change, string[] Parts)> Bad = new()
    {
        ["no name"] = (o => o.Name = "", ["Name is ''"]),
        ["null name"] = (o => o.Name = null!, ["Name is ''"]),
        ["long name"] = (o => o.Name = new string('x', 81), ["Name is ", "80"]),
        ["line break"] = (o => o.Name = "a\n", [@"Name is 'a\u000a'"]),
        ["no worker"] = (o => o.MinWorkers = 0, ["MinWorkers is 0"]),
        ["fewer workers than least"] = (o => (o.MinWorkers, o.MaxWorkers) = (3, 2), ["MaxWorkers is 2", "(3)"]),
        ["no fetcher"] = (o => o.MinFetchers = 0, ["MinFetchers is 0"]),
        ["fewer fetchers than least"] = (o => (o.MinFetchers, o.MaxFetchers) = (3, 2), ["MaxFetchers is 2", "(3)"]),
        ["empty batch"] = (o => o.FetchBatchSize = 0, ["FetchBatchSize is 0"]),
        ["no wait"] = (o => o.FetchWait = TimeSpan.Zero, ["FetchWait is 00:00:00"]),
        ["endless wait"] = (o => o.FetchWait = Timeout.InfiniteTimeSpan, ["FetchWait is -00:00:00.0010000"]),
        ["longer wait than a timer's"] = (o => o.FetchWait = TimeSpan.FromDays(50), ["FetchWait is 50.00:00:00", "49.00:00:00"]),
        ["no buffer"] = (o => o.BufferSize = 0, ["BufferSize is 0"]),
        ["worker limit of none"] = (o => o.WorkerLimit = 0, ["WorkerLimit is 0"]),
        ["short lease"] = (o => o.LeaseDuration = TimeSpan.FromMilliseconds(999), ["LeaseDuration is 00:00:00.9990000", "00:00:01"]),
        ["longer lease than a timer's"] = (o => o.LeaseDuration = TimeSpan.MaxValue, ["LeaseDuration is ", "49.00:00:00"]),
        ["no error allowed"] = (o => o.PauseErrorsThreshold = 0, ["PauseErrorsThreshold is 0"]),
        ["no pause"] = (o => o.PauseDuration = TimeSpan.Zero, ["PauseDuration is 00:00:00"]),
        ["longer pause than a timer's"] = (o => o.PauseDuration = TimeSpan.MaxValue, ["PauseDuration is ", "49.00:00:00"]),
        ["no window"] = (o => o.DeduplicationWindow = TimeSpan.Zero, ["DeduplicationWindow is 00:00:00"]),
        ["negative threshold"] = (o => o.CompressionThreshold = -1, ["CompressionThreshold is -1"]),
        ["no size"] = (o => o.MaxMessageSize = 0, ["MaxMessageSize is 0"]),
        ["no serializer"] = (o => o.Serializer = null!, ["Serializer is null"]),
        ["no retention"] = (o => o.DeadLetterRetention = TimeSpan.Zero, ["DeadLetterRetention is 00:00:00"]),
        ["no clock"] = (o => o.TimeProvider = null!, ["TimeProvider is null"]),
        ["bad policy"] = (o => o.UnknownTask = new TaskOptions { RetryLimit = 0 }, ["UnknownTask.RetryLimit is 0"]),
        ["two at once"] = (o => (o.MinWorkers, o.MaxMessageSize) = (0, 0), ["MinWorkers is 0", "MaxMessageSize is 0"]),
    };

    private static readonly Dictionary<string, Action<QueueOptions>> Good = new()
    {
        ["defaults"] = _ => { },
        ["longest name"] = o => o.Name = new string('x', 80),
        ["all kinds of characters"] = o => o.Name = "Az09_.-",
        ["least"] = o => (o.FetchWait, o.LeaseDuration, o.PauseDuration, o.DeduplicationWindow, o.DeadLetterRetention) =
            (TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1), TimeSpan.FromTicks(1), TimeSpan.FromTicks(1), TimeSpan.FromTicks(1)),
        ["most"] = o => (o.FetchWait, o.LeaseDuration, o.PauseDuration, o.DeduplicationWindow, o.DeadLetterRetention) =
            (TimeSpan.FromDays(49), TimeSpan.FromDays(49), TimeSpan.FromDays(49), TimeSpan.MaxValue, TimeSpan.MaxValue),
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public void Validate_BadOption_NamesItAndItsValue(string name)
    {
        var options = new QueueOptions { Name = "q" };
        Bad[name].Change(options);

        ArgumentException error = Assert.Throws<ArgumentException>(() => QueueOptionsValidator.Validate(options));

        Assert.All(Bad[name].Parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Fact]
    public void Validate_ByTheOptions_ReturnsEachFault()
    {
        var options = new QueueOptions { Name = "q", MinWorkers = 0, BufferSize = 0 };

        Assert.Equal(
            ["MinWorkers is 0: it must be at least 1", "BufferSize is 0: it must be at least 1"],
            options.Validate());
        Assert.Empty(new QueueOptions { Name = "q" }.Validate());
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void Validate_GoodOptions_Passes(string name)
    {
        var options = new QueueOptions { Name = "q" };
        Good[name](options);

        QueueOptionsValidator.Validate(options);
    }
}
