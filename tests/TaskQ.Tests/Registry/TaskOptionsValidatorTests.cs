using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class TaskOptionsValidatorTests
{
    private static readonly Dictionary<string, (Action<TaskOptions> Change, string[] Parts)> Bad = new()
    {
        ["no name"] = (o => o.Name = "", ["Name is empty"]),
        ["null name"] = (o => o.Name = null!, ["Name is null"]),
        ["long name"] = (o => o.Name = new string('x', 201), ["Name is ", "201", "200"]),
        ["control character"] = (o => o.Name = "a\nb", ["Name is ", "\\u000a", "control"]),
        ["null aliases"] = (o => o.Aliases = null!, ["Aliases is null"]),
        ["null alias"] = (o => o.Aliases = [null!], ["Aliases[0] is null"]),
        ["empty alias"] = (o => o.Aliases = ["ok", ""], ["Aliases[1] is empty"]),
        ["alias with control character"] = (o => o.Aliases = ["\u0001"], ["Aliases[0] is ", "control"]),
        ["alias twice"] = (o => o.Aliases = ["a", "a"], ["Aliases[1] is 'a'"]),
        ["alias that is the name"] = (o => o.Aliases = ["t"], ["Aliases[0] is 't'"]),
        ["catch-all alias"] = (o => o.Aliases = ["*"], ["Aliases[0] is '*'"]),
        ["no attempt"] = (o => o.RetryLimit = 0, ["RetryLimit is 0"]),
        ["no backoff"] = (o => o.MinBackoff = TimeSpan.Zero, ["MinBackoff is 00:00:00"]),
        ["max below min"] = (o => o.MaxBackoff = TimeSpan.FromSeconds(1), ["MaxBackoff is 00:00:01", "00:00:30"]),
        ["no time"] = (o => o.Timeout = TimeSpan.Zero, ["Timeout is 00:00:00"]),
        ["infinite time"] = (o => o.Timeout = Timeout.InfiniteTimeSpan, ["Timeout is -00:00:00.0010000", "null for none"]),
        ["more time than a timer has"] = (o => o.Timeout = TimeSpan.FromDays(50), ["Timeout is 50.00:00:00"]),
        ["no crash"] = (o => o.CrashLimit = 0, ["CrashLimit is 0"]),
    };

    private static readonly Dictionary<string, Action<TaskOptions>> Good = new()
    {
        ["defaults"] = _ => { },
        ["longest name"] = o => o.Name = new string('x', 200),
        ["any characters"] = o => o.Name = "größe/ü 大 {0}",
        ["catch-all"] = o => o.Name = "*",
        ["aliases"] = o => o.Aliases = ["T", "u"],
        ["least"] = o => (o.RetryLimit, o.CrashLimit, o.MinBackoff, o.MaxBackoff, o.Timeout) =
            (1, 1, TimeSpan.FromTicks(1), TimeSpan.FromTicks(1), TimeSpan.FromTicks(1)),
        ["most"] = o => (o.RetryLimit, o.CrashLimit, o.MaxBackoff, o.Timeout) =
            (int.MaxValue, int.MaxValue, TimeSpan.MaxValue, TimeSpan.FromDays(49)),
        ["fallback without handler"] = o => o.FallbackHandler = () => { },
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public void RegisterTask_BadOption_NamesItAndItsValue(string name)
    {
        var options = new TaskOptions { Name = "t" };
        Bad[name].Change(options);

        ArgumentException error = Assert.Throws<ArgumentException>(() => TestQueue.Create().RegisterTask(options));

        Assert.All(Bad[name].Parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void RegisterTask_GoodOptions_AreTaken(string name)
    {
        var options = new TaskOptions { Name = "t" };
        Good[name](options);

        Assert.Equal(options.Name, TestQueue.Create().RegisterTask(options).Name);
    }

    [Fact]
    public void RegisterTask_SeveralBadOptions_AreAllNamed()
    {
        var options = new TaskOptions { Name = "", RetryLimit = -1, CrashLimit = 0, Aliases = ["a", "a"] };

        ArgumentException error = Assert.Throws<ArgumentException>(() => TestQueue.Create().RegisterTask<int>(options));

        Assert.All(
            ["Name is empty", "RetryLimit is -1", "CrashLimit is 0", "Aliases[1]"],
            part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void RegisterTask_NullOptions_Throws() =>
        Assert.Throws<ArgumentNullException>(() => TestQueue.Create().RegisterTask((TaskOptions)null!));

    [Fact]
    public void Validate_PolicyWithoutName_PrefixesItsErrors()
    {
        Assert.Empty(TaskOptionsValidator.Validate(new TaskOptions(), "UnknownTask."));
        Assert.StartsWith(
            "UnknownTask.RetryLimit is 0",
            Assert.Single(TaskOptionsValidator.Validate(new TaskOptions { RetryLimit = 0 }, "UnknownTask.")),
            StringComparison.Ordinal);
    }
}
