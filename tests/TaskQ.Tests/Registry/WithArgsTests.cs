using System.Numerics;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

/// <summary>What a producer may give for a parameter, and what it is told when it gives something else.</summary>
public sealed class WithArgsTests
{
    private static readonly byte[] Bytes = [1, 2];

    private static readonly Dictionary<string, (Delegate Handler, object? Given, object? Expected)> Conversions = new()
    {
        ["same type"] = ((int a) => { }, 1, 1),
        ["sbyte to short"] = ((short a) => { }, (sbyte)-1, (short)-1),
        ["byte to ushort"] = ((ushort a) => { }, (byte)1, (ushort)1),
        ["byte to int"] = ((int a) => { }, (byte)1, 1),
        ["short to long"] = ((long a) => { }, (short)-1, -1L),
        ["ushort to uint"] = ((uint a) => { }, ushort.MaxValue, (uint)ushort.MaxValue),
        ["int to long"] = ((long a) => { }, int.MinValue, (long)int.MinValue),
        ["int to float"] = ((float a) => { }, 1, 1f),
        ["int to double"] = ((double a) => { }, 1, 1d),
        ["int to decimal"] = ((decimal a) => { }, 1, 1m),
        ["uint to ulong"] = ((ulong a) => { }, uint.MaxValue, (ulong)uint.MaxValue),
        ["uint to double"] = ((double a) => { }, uint.MaxValue, (double)uint.MaxValue),
        ["long to decimal"] = ((decimal a) => { }, long.MaxValue, (decimal)long.MaxValue),
        ["ulong to float"] = ((float a) => { }, ulong.MaxValue, (float)ulong.MaxValue),
        ["char to ushort"] = ((ushort a) => { }, 'a', (ushort)97),
        ["char to int"] = ((int a) => { }, 'a', 97),
        ["char to double"] = ((double a) => { }, 'a', 97d),
        ["char to decimal"] = ((decimal a) => { }, 'a', 97m),
        ["float to double"] = ((double a) => { }, 0.5f, 0.5),
        ["value to nullable"] = ((int? a) => { }, 1, 1),
        ["wider to nullable"] = ((long? a) => { }, 1, 1L),
        ["null to nullable"] = ((int? a) => { }, null, null),
        ["null to reference"] = ((string a) => { }, null, null),
        ["class to interface"] = ((IEnumerable<int> a) => { }, new[] { 1 }, new[] { 1 }),
        ["anything to object"] = ((object a) => { }, 1, 1),
        ["enum to its number"] = ((int a) => { }, DayOfWeek.Friday, 5),
        ["enum to wider number"] = ((long a) => { }, DayOfWeek.Friday, 5L),
        ["number to enum"] = ((DayOfWeek a) => { }, 5, DayOfWeek.Friday),
        ["number to nullable enum"] = ((DayOfWeek? a) => { }, 5, DayOfWeek.Friday),
        ["int to enum of byte"] = ((Small a) => { }, 2, Small.Two),
        ["long to enum"] = ((DayOfWeek a) => { }, 5L, DayOfWeek.Friday),
        ["operator on the parameter"] = ((Meters a) => { }, 1.5, new Meters(1.5)),
        ["operator after a numeric conversion"] = ((Meters a) => { }, 1, new Meters(1)),
        ["operator to nullable"] = ((Meters? a) => { }, 1.5, new Meters(1.5)),
        ["operator on the value"] = ((double a) => { }, new Meters(1.5), 1.5),
        ["operator of the framework"] = ((BigInteger a) => { }, 7, new BigInteger(7)),
        ["array to segment"] = ((ArraySegment<byte> a) => { }, Bytes, new ArraySegment<byte>(Bytes)),
        ["array to memory"] = ((ReadOnlyMemory<byte> a) => { }, Bytes, new ReadOnlyMemory<byte>(Bytes)),
        ["DateTime to DateTimeOffset"] = (
            (DateTimeOffset a) => { },
            new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)),
    };

    private static readonly Dictionary<string, (Delegate Handler, object? Given, string Expected, string Found)> Refusals = new()
    {
        ["string for a number"] = ((int bad) => { }, "1", "System.Int32", "System.String"),
        ["number for a string"] = ((string bad) => { }, 1, "System.String", "System.Int32"),
        ["long for int"] = ((int bad) => { }, 1L, "System.Int32", "System.Int64"),
        ["int for uint"] = ((uint bad) => { }, 1, "System.UInt32", "System.Int32"),
        ["double for float"] = ((float bad) => { }, 1d, "System.Single", "System.Double"),
        ["double for decimal"] = ((decimal bad) => { }, 1d, "System.Decimal", "System.Double"),
        ["decimal for double"] = ((double bad) => { }, 1m, "System.Double", "System.Decimal"),
        ["int for char"] = ((char bad) => { }, 1, "System.Char", "System.Int32"),
        ["bool for int"] = ((int bad) => { }, true, "System.Int32", "System.Boolean"),
        ["null for a value"] = ((int bad) => { }, null, "System.Int32", "null"),
        ["null for an enum"] = ((DayOfWeek bad) => { }, null, "System.DayOfWeek", "null"),
        ["other enum"] = ((DayOfWeek bad) => { }, Small.Two, "System.DayOfWeek", nameof(Small)),
        ["enum for narrower number"] = ((short bad) => { }, DayOfWeek.Friday, "System.Int16", "System.DayOfWeek"),
        ["number too large for enum"] = ((Small bad) => { }, 300, nameof(Small), "System.Int32"),
        ["fraction for enum"] = ((DayOfWeek bad) => { }, 1.0, "System.DayOfWeek", "System.Double"),
        ["base for derived"] = ((List<int> bad) => { }, new object(), "System.Collections.Generic.List<System.Int32>", "System.Object"),
        ["explicit operator"] = ((int bad) => { }, new Meters(1), "System.Int32", nameof(Meters)),
        ["operator that throws"] = ((Meters bad) => { }, -1d, nameof(Meters), "System.Double"),
        ["wrong for nullable"] = ((int? bad) => { }, "x", "System.Int32?", "System.String"),
    };

    private enum Small : byte
    {
        Two = 2,
    }

    public static TheoryData<string> ConversionCases => [.. Conversions.Keys];

    public static TheoryData<string> RefusalCases => [.. Refusals.Keys];

    [Theory]
    [MemberData(nameof(ConversionCases))]
    public void WithArgs_WhatCSharpConverts_IsOfTheParametersType(string name)
    {
        (Delegate handler, object? given, object? expected) = Conversions[name];

        object? value = TestQueue.Register(handler).WithArgs([given]).Arguments[0];

        Assert.Equal(expected, value);
        Assert.Equal(expected?.GetType(), value?.GetType());
    }

    [Theory]
    [MemberData(nameof(RefusalCases))]
    public void WithArgs_WhatDoesNotConvert_NamesTaskParameterAndTypes(string name)
    {
        (Delegate handler, object? given, string expected, string found) = Refusals[name];

        ArgumentException error = Assert.Throws<ArgumentException>(() => TestQueue.Register(handler).WithArgs([given]));

        AssertNames(error, "'t'", "argument 1", "'bad'", expected, found);
    }

    [Fact]
    public void WithArgs_OperatorThrows_KeepsItsException()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Register((Meters bad) => { }).WithArgs(-1d));

        Assert.IsType<OverflowException>(error.InnerException);
    }

    [Fact]
    public void WithArgs_TooFew_NamesTheMissing()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Register((string name, int size) => { }).WithArgs("a"));

        AssertNames(error, "'t'", "argument 2", "'size'", "System.Int32", "missing");
    }

    [Fact]
    public void WithArgs_TooMany_NamesTheSurplus()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Register((string name, CancellationToken token) => { }).WithArgs("a", 2));

        AssertNames(error, "'t'", "argument 2", "System.Int32", "System.String name");
    }

    [Fact]
    public void WithArgs_OptionalLeftOut_IsNotInTheMessage()
    {
        TaskMessage message = TestQueue.Register((string name, int size = 5) => { }).WithArgs("a");

        Assert.Equal(1, message.Arguments.Count);
    }

    [Fact]
    public void WithArgs_ArrayChangedAfterwards_KeepsTheArguments()
    {
        object?[] args = ["a", 1];
        TaskMessage message = TestQueue.Register((string name, int size) => { }).WithArgs(args);

        args[0] = "b";

        Assert.Equal("a", message.Arguments[0]);
    }

    [Fact]
    public void WithArgs_NullArray_IsOneNull()
    {
        TaskMessage message = TestQueue.Register((string? name) => { }).WithArgs(null!);

        Assert.Equal(1, message.Arguments.Count);
        Assert.Null(message.Arguments[0]);
    }

    [Fact]
    public void WithArgs_StringArrayForAnArray_IsOneArgument()
    {
        string[] names = ["a", "b"];

        Assert.Same(names, TestQueue.Register((string[] all) => { }).WithArgs(names).Arguments[0]);
        Assert.Same(names, TestQueue.Register((IReadOnlyList<string> all) => { }).WithArgs(names).Arguments[0]);
        Assert.Same(names, TestQueue.Register((object all) => { }).WithArgs(names).Arguments[0]);
        Assert.Same(names, TestQueue.Register((string[] all, int size = 1) => { }).WithArgs(names).Arguments[0]);
    }

    [Fact]
    public void WithArgs_StringArrayForTwoStrings_IsTwoArguments()
    {
        TaskMessage message = TestQueue.Register((string a, string b) => { }).WithArgs((object?[])new string[] { "a", "b" });

        Assert.Equal(2, message.Arguments.Count);
        Assert.Equal("b", message.Arguments[1]);
    }

    [Fact]
    public void WithArgs_JaggedArrayForOneArray_IsItsArgument()
    {
        string[] names = ["a", "b"];

        Assert.Same(names, TestQueue.Register((string[] all) => { }).WithArgs((object?[])new string[][] { names }).Arguments[0]);
    }

    [Fact]
    public void WithArgs_ObjectArrayCastToObject_IsOneArgument()
    {
        object?[] values = [1, "b"];
        TaskDefinition task = TestQueue.Register((object?[] all) => { });

        Assert.Same(values, task.WithArgs((object)values).Arguments[0]);
        AssertNames(Assert.Throws<ArgumentException>(() => task.WithArgs(values)), "cast to object");
    }

    [Fact]
    public void WithArgs_DeclaredByNameOnly_TakesNoneAndSaysHow()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask("t");

        Assert.Equal(0, task.WithArgs().Arguments.Count);
        AssertNames(Assert.Throws<ArgumentException>(() => task.WithArgs("a")), "'t'", "RegisterTask<T1");
        AssertNames(Assert.Throws<ArgumentException>(() => task.WithArgs(null!)), "'t'", "RegisterTask<T1");
    }

    [Fact]
    public void WithArgs_HandlerGivenLater_FollowsIt()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask("t");

        task.Handle((string name) => { });

        Assert.Equal("a", task.WithArgs("a").Arguments[0]);
        Assert.Throws<ArgumentException>(() => task.WithArgs());
    }

    [Fact]
    public void WithArgs_TypedAsItsBase_IsChecked()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask<string, long>("t");

        Assert.Equal(3L, task.WithArgs("a", 3).Arguments[1]);
        AssertNames(Assert.Throws<ArgumentException>(() => task.WithArgs("a", "b")), "'t'", "'arg2'", "System.Int64", "System.String");
    }

    [Fact]
    public void WithArgs_CatchAll_TakesAnything()
    {
        TaskDefinition unhandled = TestQueue.Create().RegisterTask("*");
        TaskDefinition handled = TestQueue.Create().RegisterTask("*", (TaskMessage message) => { });

        Assert.Equal(3, unhandled.WithArgs(1, "b", null).Arguments.Count);
        Assert.Equal(3, handled.WithArgs(1, "b", null).Arguments.Count);
    }

    [Fact]
    public void WithArgs_CatchAllWithArguments_IsChecked()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask("*", (string name) => { });

        Assert.Throws<ArgumentException>(() => task.WithArgs(1));
    }

    [Fact]
    public void WithArgs_Message_HasAFreshIdAndTheTasksName()
    {
        TaskDefinition task = TestQueue.Register(() => { });

        TaskMessage message = task.WithArgs();

        Assert.Equal("t", message.TaskName);
        Assert.Same(task, message.Definition);
        Assert.NotEqual(Guid.Empty, message.Id);
        Assert.NotEqual(message.Id, task.WithArgs().Id);
    }

    private static void AssertNames(ArgumentException error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));

    private readonly record struct Meters(double Value)
    {
        public static implicit operator Meters(double value) => value < 0 ? throw new OverflowException() : new(value);

        public static implicit operator double(Meters meters) => meters.Value;

        public static explicit operator int(Meters meters) => (int)meters.Value;
    }
}
