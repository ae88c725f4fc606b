using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MpVectors;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Any value comes back as it was. Each value is also written to buffers that hold nothing to spare.</summary>
public sealed class RoundTripTests
{
    private readonly MessagePackSerializer _serializer = new();

    [Fact]
    public void Integers_ComeBack()
    {
        Check<sbyte>();
        Check<byte>();
        Check<short>();
        Check<ushort>();
        Check<int>();
        Check<uint>();
        Check<long>();
        Check<ulong>();
        Check((long high, int shift) => high << shift);
        Check((ulong high, int shift) => high << shift);
        Check((ulong high, ulong low) => new Int128(high, low));
        Check((ulong high, ulong low) => new UInt128(high, low));
        Check((byte[] bytes, bool _) => new BigInteger(bytes));
    }

    [Fact]
    public void OtherNumbers_ComeBack()
    {
        Check<bool>();
        Check<char>();
        Check<float>();
        Check<double>();
        Check<decimal>();
        Check((float value, bool _) => (Half)value);
        Check((double real, double imaginary) => new Complex(real, imaginary));
        Check((float x, float y) => new Vector2(x, y));
        Check((DayOfWeek day, LongEnum number) => (day, number, (ByteEnum)(int)day));
        Check<int?>();
        Check<double?>();
        Check<bool?>();
    }

    [Fact]
    public void Text_ComesBack()
    {
        Check((string? text, bool _) => Valid(text));
        Check((string? text, byte times) => Valid(text) is { } valid ? string.Concat(Enumerable.Repeat(valid, times)) : null);
        Check((string? text, bool _) => text is null ? null : new StringBuilder(Valid(text)));
        Check<Guid>();
        Check((string? text, int number) => new Uri($"https://example.com/{Uri.EscapeDataString(Valid(text) ?? "")}?{number}"));
        Check((ushort major, ushort minor) => new Version(major, minor, 3));
        Check((char value, bool _) => Rune.TryCreate(value, out var rune) ? rune : new Rune(0x1F600));
    }

    [Fact]
    public void Bytes_ComeBack()
    {
        Check<byte[]>();
        Check((byte[] bytes, byte times) => Enumerable.Repeat(bytes, times).SelectMany(b => b).ToArray());
        Check((byte[] bytes, bool _) => new Memory<byte>(bytes));
        Check((byte[] bytes, bool _) => new ReadOnlyMemory<byte>(bytes));
        Check((byte[] bytes, bool _) => new ArraySegment<byte>(bytes));
    }

    [Fact]
    public void Times_ComeBack()
    {
        Check((DateTime time, bool _) => DateTime.SpecifyKind(time, DateTimeKind.Utc));
        Check((DateTime time, bool _) => DateTime.SpecifyKind(time, DateTimeKind.Unspecified), v => DateTime.SpecifyKind(v, DateTimeKind.Utc));
        Check((DateTime time, bool _) => DateTime.SpecifyKind(time, DateTimeKind.Local), v => v.ToUniversalTime());
        Check<DateTimeOffset>();
        Check<TimeSpan>();
        Check((DateTime time, bool _) => DateOnly.FromDateTime(time));
        Check((DateTime time, bool _) => TimeOnly.FromDateTime(time));
    }

    [Fact]
    public void Collections_ComeBack()
    {
        Check<int[]>();
        Check<int[][]>();
        Check<List<long>>();
        Check((int[] v, bool _) => new Collection<int>(v));
        Check((int[] v, bool _) => new ReadOnlyCollection<int>(v));
        Check((int[] v, bool _) => new LinkedList<int>(v));
        Check((int[] v, bool _) => new HashSet<int>(v));
        Check((int[] v, bool _) => new SortedSet<int>(v));
        Check((int[] v, bool _) => new Queue<int>(v));
        Check((int[] v, bool _) => new Stack<int>(v));
        Check((int[] v, bool _) => new ConcurrentQueue<int>(v));
        Check((int[] v, bool _) => new ConcurrentStack<int>(v));
        Check((int[] v, bool _) => (IEnumerable<int>)v);
        Check((int[] v, bool _) => (IReadOnlyList<int>)v);
        Check((int[] v, bool _) => (IList<int>)[.. v]);
        Check((int[] v, bool _) => (ICollection<int>)[.. v]);
        Check((int[] v, bool _) => (ISet<int>)v.ToHashSet());
        Check((int[] v, bool _) => (IReadOnlySet<int>)v.ToHashSet());
        Check((int[] v, byte columns) => Grid(v, columns % 5));
    }

    [Fact]
    public void ImmutableCollections_ComeBack()
    {
        Check((int[] v, bool isDefault) => isDefault ? default : v.ToImmutableArray());
        Check((int[] v, bool _) => v.ToImmutableList());
        Check((int[] v, bool _) => ImmutableQueue.Create(v));
        Check((int[] v, bool _) => ImmutableStack.Create(v));
        Check((int[] v, bool _) => v.ToImmutableSortedSet());
        Check((int[] v, bool _) => v.ToImmutableHashSet());
        Check((int[] v, bool _) => v.ToFrozenSet());
        Check((int[] v, bool _) => v.ToHashSet().ToImmutableDictionary(i => i, i => $"{i}"));
        Check((int[] v, bool _) => v.ToHashSet().ToImmutableSortedDictionary(i => i, i => $"{i}"));
        Check((int[] v, bool _) => v.ToHashSet().ToFrozenDictionary(i => i, i => $"{i}"));
    }

    [Fact]
    public void Dictionaries_ComeBack()
    {
        Check<Dictionary<int, long>>();
        Check<Dictionary<Guid, int[]>>();
        Check((Dictionary<int, bool> v, bool _) => (IDictionary<int, bool>)v);
        Check((Dictionary<int, bool> v, bool _) => (IReadOnlyDictionary<int, bool>)v);
        Check((Dictionary<int, bool> v, bool _) => new SortedDictionary<int, bool>(v));
        Check((Dictionary<int, bool> v, bool _) => new SortedList<int, bool>(v));
        Check((Dictionary<int, bool> v, bool _) => new ConcurrentDictionary<int, bool>(v));
        Check((Dictionary<int, bool> v, bool _) => new ReadOnlyDictionary<int, bool>(v));
        Check((Dictionary<int, bool> v, bool _) => new OrderedDictionary<int, bool>(v));
        Check((Dictionary<int, bool> v, bool _) => v.ToArray());
    }

    [Fact]
    public void TuplesAndObjects_ComeBack()
    {
        Check((int a, double b) => (a, b));
        Check((int a, long b) => (a, b, 3, 4, 5, 6, 7, 8, (9, a)));
        Check((int a, byte[] b) => Tuple.Create(a, b, (a, b)));
        Check((int a, string? b) => new { A = a, B = Valid(b), C = new { D = b is null } });
        Check((int a, string? b) => new PersonRecord(Valid(b), a));
        Check((int a, string? b) => new EmployeeRecord("n", a, Valid(b) ?? ""));
        Check((int a, int b) => new PointRec(a, b));
        Check((int a, int b) => new PointFields { X = a, Y = b });
        Check((int a, string? b) => new DcNameAndOrder { A = a, B = b?.Length ?? 0 });
        Check((int a, string? b) => new Person { Name = Valid(b), Others = [new() { Zip = a }], Boss = new() { Home = new() } });
        Check((long a, Dictionary<int, bool> b) => new Box<Dictionary<int, bool>?[]> { Item = [b, null] });
    }

    [Fact]
    public void Objects_ComeBackAsPrimitivesAndCollections()
    {
        Check((int a, long b) => (object)new object?[] { a, b, (byte)a, (sbyte)a, (short)a, (ushort)a, (uint)a, (ulong)b, a % 2 == 0, null });
        Check((double a, string? b) => (object)new Dictionary<object, object?> { [a] = Valid(b), ["f"] = (float)a, [Valid(b) + "!"] = new byte[] { 1 } });
        Check((DateTime a, bool _) => (object)DateTime.SpecifyKind(a, DateTimeKind.Utc));
    }

    private void Check<T>() => Run(ArbMap.Default.ArbFor<T>(), v => v, v => v);

    private void Check<T1, T2, T>(Func<T1, T2, T> make, Func<T, T>? expected = null) =>
        Run(ArbMap.Default.ArbFor<Tuple<T1, T2>>(), t => make(t.Item1, t.Item2), expected ?? (v => v));

    private void Run<TSeed, T>(Arbitrary<TSeed> seeds, Func<TSeed, T> make, Func<T, T> expected)
    {
        var write = _serializer.GetWriter<T>();
        Prop.ForAll(seeds, seed =>
        {
            // Seeds that this type can't be made of (null arrays) are not cases.
            if (seed is null || seed is System.Runtime.CompilerServices.ITuple { Length: > 0 } tuple && tuple[0] is null && typeof(T) != typeof(string))
            {
                return;
            }

            var value = make(seed);
            var bytes = _serializer.Encode(value);
            var output = new ExactBufferWriter();
            write(output, value);
            Assert.Equal(bytes, output.Written);
            Assert.Null(DeepEquality.Difference(expected(value), _serializer.Decode<T>(bytes)));
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
    }

    // Half a surrogate pair is no text: it is written as U+FFFD.
    private static string? Valid(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static int[,] Grid(int[] items, int columns)
    {
        var grid = new int[columns == 0 ? 3 : items.Length / columns, columns];
        for (var i = 0; i < grid.Length; i++)
        {
            grid[i / columns, i % columns] = items[i];
        }

        return grid;
    }
}
