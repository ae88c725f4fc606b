using System.Diagnostics;
using System.Numerics;
using MpVectors;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Compares with Debian's <c>python3-msgpack</c>, an implementation that shares nothing with ours.</summary>
public sealed class PythonTests
{
    private const string Python = "/usr/bin/python3";

    private const string Unpack = """
        import sys, msgpack
        for line in sys.stdin:
            print(repr(msgpack.unpackb(bytes.fromhex(line), strict_map_key=False, timestamp=3)))
        """;

    private const string Pack = """
        import sys, msgpack, datetime
        utc = datetime.timezone.utc
        for line in sys.stdin:
            print(msgpack.packb(eval(line), datetime=True).hex())
        """;

    private const string Repack = """
        import sys, msgpack
        for line in sys.stdin:
            print(msgpack.packb(msgpack.unpackb(bytes.fromhex(line), strict_map_key=False, object_pairs_hook=lambda p: dict(p))).hex())
        """;

    private readonly MessagePackSerializer _serializer = new();

    [Fact]
    public async Task Python_ReadsWhatWeWrite()
    {
        (string Hex, string Expected)[] cases =
        [
            (_serializer.Hex<string?>(null), "None"),
            (_serializer.Hex(true), "True"),
            (_serializer.Hex(int.MinValue), "-2147483648"),
            (_serializer.Hex(ulong.MaxValue), "18446744073709551615"),
            (_serializer.Hex(long.MinValue), "-9223372036854775808"),
            (_serializer.Hex<object>(5), "5"),
            (_serializer.Hex(1.5), "1.5"),
            (_serializer.Hex(0.25f), "0.25"),
            (_serializer.Hex("h\u00e9 \U0001F600"), "'h\u00e9 \U0001F600'"),
            (_serializer.Hex(new byte[] { 0, 255 }), @"b'\x00\xff'"),
            (_serializer.Hex(12.50m), "'12.50'"),
            (_serializer.Hex(new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc)),
                "datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=datetime.timezone.utc)"),
            (_serializer.Hex(new DateTime(1900, 1, 1, 0, 0, 0, DateTimeKind.Utc)), "datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"),
            (_serializer.Hex(new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.FromHours(-8))),
                "[datetime.datetime(2024, 1, 1, 12, 0, tzinfo=datetime.timezone.utc), -480]"),
            (_serializer.Hex(new Guid("00112233-4455-6677-8899-aabbccddeeff")), "'00112233-4455-6677-8899-aabbccddeeff'"),
            (_serializer.Hex(new BigInteger(256)), @"b'\x00\x01'"),
            (_serializer.Hex(new[] { 1, -1, 70000 }), "[1, -1, 70000]"),
            (_serializer.Hex(new[,] { { 1, 2 }, { 3, 4 } }), "[2, 2, [1, 2, 3, 4]]"),
            (_serializer.Hex(new Dictionary<string, int> { ["a"] = 1, ["b"] = 300 }), "{'a': 1, 'b': 300}"),
            (_serializer.Hex((1, "x", (string?)null)), "[1, 'x', None]"),
            (_serializer.Hex(new Address { Street = "s", Zip = 12345 }), "{'Street': 's', 'Zip': 12345}"),
            (_serializer.Hex(new { A = 1, B = new[] { "x" } }), "{'A': 1, 'B': ['x']}"),
            (_serializer.Hex(new DcOrderGap { A = 1, B = 2 }), "[1, None, None, None, None, 2]"),
            (_serializer.Hex(Colour.Blue), "200"),
        ];
        var lines = await RunAsync(Unpack, cases.Select(c => c.Hex));
        Assert.Equal(cases.Select(c => c.Expected), lines);
    }

    [Fact]
    public async Task WeRead_WhatPythonWrites()
    {
        (string Expression, Action<byte[]> Check)[] cases =
        [
            ("None", b => Assert.Null(_serializer.Decode<string>(b))),
            ("-129", b => Assert.Equal(-129, _serializer.Decode<long>(b))),
            ("2**64 - 1", b => Assert.Equal(ulong.MaxValue, _serializer.Decode<ulong>(b))),
            ("1.1", b => Assert.Equal(1.1, _serializer.Decode<double>(b))),
            ("3", b => Assert.Equal(3.0, _serializer.Decode<double>(b))),
            ("7", b => Assert.Equal(7m, _serializer.Decode<decimal>(b))),
            (@"'h\u00e9 \U0001F600' * 100", b => Assert.Equal(string.Concat(Enumerable.Repeat("h\u00e9 \U0001F600", 100)), _serializer.Decode<string>(b))),
            ("bytes(range(256)) * 300", b => Assert.Equal(76_800, _serializer.Decode<byte[]>(b).Length)),
            ("list(range(70000))", b => Assert.Equal(Enumerable.Range(0, 70_000), _serializer.Decode<int[]>(b))),
            ("{i: str(i) for i in range(1000)}", b => Assert.Equal(Enumerable.Range(0, 1000).ToDictionary(i => i, i => $"{i}"), _serializer.Decode<Dictionary<int, string>>(b))),
            ("datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=utc)",
                b => Assert.Equal(new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc), _serializer.Decode<DateTime>(b))),
            ("datetime.datetime(1900, 1, 1, tzinfo=utc)", b => Assert.Equal(new DateTime(1900, 1, 1), _serializer.Decode<DateTime>(b))),
            ("{'Zip': 5, 'New': [1, {'x': b'1'}, None], 'Street': 's'}", b => Assert.Equal(5, _serializer.Decode<Address>(b).Zip)),
            ("{'Age': 3, 'Name': None}", b => Assert.Equal(new PersonRecord(null, 3), _serializer.Decode<PersonRecord>(b))),
            ("[1, 'x', [None, True]]", b => Assert.Equal((1, "x", (default(string), true)), _serializer.Decode<(int, string, (string?, bool))>(b))),
            ("msgpack.ExtType(5, b'abc')", b => Assert.Throws<PayloadException>(() => _serializer.Decode<object>(b))),
        ];
        var lines = await RunAsync(Pack, cases.Select(c => c.Expression));
        Assert.Equal(cases.Length, lines.Length);
        foreach (var ((_, check), line) in cases.Zip(lines))
        {
            check(Convert.FromHexString(line));
        }
    }

    [Fact]
    public async Task Python_ReadsAndWritesAgain_GivesOurBytes()
    {
        var random = new Random(12345);
        var ours = Enumerable.Range(0, 2000).Select(_ => _serializer.Hex(RandomValue(random, 0))).ToArray();
        Assert.Equal(ours, await RunAsync(Repack, ours));
    }

    private static Node RandomValue(Random random, int depth) => new(
        random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        (ulong)random.NextInt64() << random.Next(2),
        random.NextDouble() * 1e6,
        random.Next(2) == 0,
        random.Next(5) == 0 ? null : new string('\u20ac', random.Next(random.Next(2) == 0 ? 20 : 400)),
        new byte[random.Next(random.Next(2) == 0 ? 20 : 400)],
        DateTime.UnixEpoch.AddTicks(random.NextInt64(-60_000_000_000_000_000, 200_000_000_000_000_000)),
        Enumerable.Range(0, random.Next(20)).ToDictionary(i => (i * 1000) + random.Next(1000), i => $"{i}"),
        depth > 3 ? null : [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomValue(random, depth + 1))]);

    private static async Task<string[]> RunAsync(string script, IEnumerable<string> lines)
    {
        await RequirePythonAsync();
        var (code, output, error) = await StartAsync(script, lines);
        Assert.True(code == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task RequirePythonAsync()
    {
        var isThere = File.Exists(Python) && (await StartAsync("import msgpack", [])).Code == 0;
        if (!isThere && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")))
        {
            Assert.Skip("python3-msgpack is missing: apt-get install -y python3-msgpack");
        }

        Assert.True(isThere, "python3-msgpack is missing: apt-get install -y python3-msgpack");
    }

    private static async Task<(int Code, string Output, string Error)> StartAsync(string script, IEnumerable<string> lines)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        var info = new ProcessStartInfo(Python, ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(false),
        };
        info.Environment["PYTHONIOENCODING"] = "utf-8";
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        foreach (var line in lines)
        {
            await process.StandardInput.WriteLineAsync(line.AsMemory(), limit.Token);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    public sealed record Node(
        long Count, ulong Size, double Real, bool Flag, string? Text, byte[] Data, DateTime Time, Dictionary<int, string> Map, Node[]? Children);
}
