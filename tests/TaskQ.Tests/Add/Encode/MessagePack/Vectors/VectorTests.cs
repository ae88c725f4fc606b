using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack.Vectors;

public sealed class VectorTests
{
    private const int LeftOut = 22;

    private static readonly IReadOnlyList<ExpectedVector> Expected = VectorFile.Load();

    [Fact]
    public void Vectors_AllButTheLeftOut_AreCovered()
    {
        Assert.Equal(701, Expected.Count);
        Assert.Equal(Enumerable.Range(0, Expected.Count), VectorValues.All.Select(v => v.Index));
        Assert.Equal(LeftOut, VectorValues.All.OfType<LeftOutVector>().Count());
    }

    [Fact]
    public void WriteAndRead_EachVector_GiveTheSameAsMessagePackCSharp()
    {
        var serializer = new MessagePackSerializer();
        var failures = Expected
            .Where(e => e.TimeZone is null && VectorValues.All[e.Index] is not LeftOutVector)
            .Select(e => (e.Name, Fault: VectorCheck.Run(serializer, e, VectorValues.All[e.Index])))
            .Where(r => r.Fault is not null)
            .Select(r => $"{r.Name}: {r.Fault}")
            .ToArray();
        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }
}

/// <summary>Vectors that depend on the time zone of the process; nothing else runs meanwhile.</summary>
[Collection(nameof(TimeZoneVectorTests))]
[CollectionDefinition(nameof(TimeZoneVectorTests), DisableParallelization = true)]
public sealed class TimeZoneVectorTests : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable("TZ");

    public void Dispose() => Use(_before);

    [Theory]
    [InlineData("UTC")]
    [InlineData("Asia/Tokyo")]
    [InlineData("America/New_York")]
    public void WriteAndRead_InATimeZone_GiveTheSameAsMessagePackCSharp(string zone)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The time zone of a process is only set by TZ on Unix.");
        Use(zone);
        var serializer = new MessagePackSerializer();
        var vectors = VectorFile.Load().Where(e => e.TimeZone == zone).ToArray();
        Assert.NotEmpty(vectors);
        var failures = vectors
            .Select(e => (e.Name, Fault: VectorCheck.Run(serializer, e, VectorValues.All[e.Index])))
            .Where(r => r.Fault is not null)
            .Select(r => $"{r.Name}: {r.Fault}")
            .ToArray();
        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }

    private static void Use(string? zone)
    {
        Environment.SetEnvironmentVariable("TZ", zone);
        TimeZoneInfo.ClearCachedData();
    }
}
