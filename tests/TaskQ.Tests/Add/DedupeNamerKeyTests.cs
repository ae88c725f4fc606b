using TaskQ.Add;
using Xunit;

namespace TaskQ.Tests.Add;

/// <summary>Which messages have the same name.</summary>
public sealed class DedupeNamerKeyTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Make_NoRule_IsNull() =>
        Assert.Null(DedupeNamer.Make(TestMessages.Create("t", 1), TestMessages.Options(), TestMessages.Now));

    [Fact]
    public void Make_SameMessageTwice_IsTheSame()
    {
        Assert.Equal(Key(Named("t", "n")), Key(Named("t", "n")));
        Assert.Equal(Key(Create("t", "a", 1).Unique()), Key(Create("t", "a", 1).Unique()));
        Assert.Equal(Key(Create("t", "a").OnceWithDelay(Hour)), Key(Create("t", "a").OnceWithSchedule(TestMessages.Now)));
        Assert.Equal(Key(Create("t", "a").OnceInPeriod(Hour)), Key(Create("t", "a").OnceInPeriod(Hour)));
    }

    [Fact]
    public void Make_KnownName_GivesTheKnownKey()
    {
        // SHA-256 of: str "main", str "t", int 64 of the kind 0, str "n"; for the period: kind 3, its ticks,
        // the slot, no key, then one argument. A change here would let duplicates through while an update rolls out.
        Assert.Equal("3E62328721BB79741F3F0EC23BDD53FD", Key(Named("t", "n")).ToString("X32", null));
        Assert.Equal("CC3714E9DA9899EB615202FA2842EE8B", Key(Create("t", 5).OnceInPeriod(Hour)).ToString("X32", null));
    }

    [Fact]
    public void Make_TriplesThatJoinToTheSameText_Differ() => AssertAllDiffer(
    [
        Key(Named("ab", "c"), "q"),
        Key(Named("a", "bc"), "q"),
        Key(Named("b", "c"), "qa"),
        Key(Named("c", "ab"), "q"),
        Key(Named("a", "b c"), "q"),
        Key(Named("a b", "c"), "q"),
        Key(Named("a", "\0bc"), "q"),
        Key(Named("a", new string('b', 32) + "c"), "q"),
        Key(Named("a", new string('b', 300) + "c"), "q"),
    ]);

    [Fact]
    public void Make_DifferentQueueTaskNameCaseOrNormalForm_Differ() => AssertAllDiffer(
    [
        Key(Named("t", "n")),
        Key(Named("t", "N")),
        Key(Named("T", "n")),
        Key(Named("t", "n"), "other"),
        Key(Named("t", "é")),
        Key(Named("t", "e\u0301")),
    ]);

    [Fact]
    public void Make_EachKindWithTheSameContent_Differs() => AssertAllDiffer(
    [
        Key(Named("t", "a")),
        Key(Create("t", "a").Unique()),
        Key(Create("t", "a").OnceWithDelay(Hour)),
        Key(Create("t", "a").OnceInPeriod(Hour)),
        Key(Named("t", "\u0091\u00A1a")), // the bytes of the arguments, as a name
    ]);

    [Fact]
    public void Make_DifferentArguments_Differ() => AssertAllDiffer(
    [
        Key(Create("t").Unique()),
        Key(Create("t", "").Unique()),
        Key(Create("t", "", "").Unique()),
        Key(Create("t", "ab", "c").Unique()),
        Key(Create("t", "a", "bc").Unique()),
        Key(Create("t", "abc").Unique()),
        Key(Create("t", 1).Unique()),
        Key(Create("t", "1").Unique()),
        Key(Create("t", 1000L).Unique()),
    ]);

    [Fact]
    public void Make_ExplicitName_DoesNotDependOnArguments() =>
        Assert.Equal(Key(Create("t", 1).WithName("n")), Key(Create("t", 2).WithName("n")));

    [Fact]
    public void Make_Period_DependsOnLengthAndSlot()
    {
        TaskMessage Message(TimeSpan period) => Create("t", 5).OnceInPeriod(period);

        AssertAllDiffer(
        [
            Key(Message(Hour)),
            Key(Message(2 * Hour)),
            Key(Message(Hour), now: TestMessages.Now + Hour),
            Key(Message(Hour), now: TestMessages.Now - Hour),
        ]);
        Assert.Equal(Key(Message(Hour)), Key(Message(Hour), now: TestMessages.Now + TimeSpan.FromMinutes(53)));
    }

    [Fact]
    public void Make_PeriodWithKey_ReplacesTheArguments()
    {
        Assert.Equal(Key(Create("t", 1).OnceInPeriod(Hour, "a", 2)), Key(Create("t", 9).OnceInPeriod(Hour, "a", 2)));
        Assert.NotEqual(Key(Create("t", "a", 2).OnceInPeriod(Hour)), Key(Create("t", "a", 2).OnceInPeriod(Hour, "a", 2)));
        AssertAllDiffer(
        [
            Key(Create("t", 1).OnceInPeriod(Hour, "a")),
            Key(Create("t", 1).OnceInPeriod(Hour, "b")),
            Key(Create("t", 1).OnceInPeriod(Hour, "a", "b")),
            Key(Create("t", 1).OnceInPeriod(Hour)),
        ]);
    }

    [Fact]
    public void Make_LaterChangeOfAnArgument_Counts()
    {
        object?[] values = ["before"];
        TaskMessage message = Create("t", values).Unique();
        values[0] = "after";

        Assert.Equal(Key(Create("t", "after").Unique()), Key(message));
    }

    [Fact]
    public void Make_ArgumentThatCannotBeWritten_NamesTheTask()
    {
        AssertRefused(Create("send", 1.5).Unique());
        AssertRefused(Create("send", 1.5).OnceWithDelay(Hour));
        AssertRefused(Create("send", 1.5).OnceInPeriod(Hour));
        AssertRefused(Create("send", 1).OnceInPeriod(Hour, 1.5));
        AssertRefused(Create("send", 1).WithName("\ud800"));
        Assert.NotNull(DedupeNamer.Make(Create("send", 1.5).WithName("n"), TestMessages.Options(), TestMessages.Now));
        Assert.NotNull(DedupeNamer.Make(Create("send", 1.5).OnceInPeriod(Hour, "k"), TestMessages.Options(), TestMessages.Now));
    }

    private static void AssertRefused(TaskMessage message)
    {
        var error = Assert.Throws<PayloadException>(() =>
            DedupeNamer.Make(message, TestMessages.Options(), TestMessages.Now));
        Assert.Contains("'send'", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    private static void AssertAllDiffer(UInt128[] keys) => Assert.Equal(keys.Length, keys.Distinct().Count());

    private static TaskMessage Create(string task, params object?[] arguments) => TestMessages.Create(task, arguments);

    private static TaskMessage Named(string task, string name) => Create(task).WithName(name);

    private static UInt128 Key(TaskMessage message, string queue = "main", DateTimeOffset? now = null)
    {
        QueueOptions options = TestMessages.Options();
        options.Name = queue;
        return DedupeNamer.Make(message, options, now ?? TestMessages.Now)!.Key;
    }
}
