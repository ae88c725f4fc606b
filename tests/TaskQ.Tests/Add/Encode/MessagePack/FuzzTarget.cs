using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Dynamic;
using System.Numerics;
using System.Text;
using MpVectors;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>A type, valid payloads of it, and its reader.</summary>
internal abstract class FuzzTarget(string name, byte[][] payloads)
{
    private static readonly MessagePackSerializer Serializer = new();

    public string Name => name;

    public byte[][] Payloads => payloads;

    public abstract void Read(ReadOnlyMemory<byte> payload);

    public static FuzzTarget[] All() =>
    [
        Of<object?>(new object?[] { 1, "a", null, 2.5, new Dictionary<object, object?> { ["k"] = new byte[3] }, DateTime.UnixEpoch, 1L }, 5, "s"),
        Of(0, -1, int.MaxValue), Of<byte>(0, 200), Of(0UL, ulong.MaxValue), Of(long.MinValue, 5L), Of(1.5, double.NaN), Of(1.5f), Of(true),
        Of<int?>(null, 3), Of('x', '\uffff'), Of(0m, -12.50m, decimal.MaxValue), Of(new BigInteger(5), BigInteger.Pow(7, 300)), Of((Int128)5),
        Of("", "text", new string('\u20ac', 300)), Of(new StringBuilder("x")), Of(new Rune('x')), Of((Half)1.5f),
        Of(Guid.Empty), Of(new Uri("https://example.com/a?b")), Of(new Version(1, 2, 3, 4)), Of(new Complex(1, 2)), Of(Matrix4x4.Identity),
        Of<byte[]>([1, 2, 3], new byte[300]), Of<Memory<byte>>(new byte[] { 1 }), Of<ArraySegment<byte>>(new byte[] { 1 }),
        Of(DateTime.UnixEpoch, DateTime.MaxValue, DateTime.UnixEpoch.AddTicks(1)), Of(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue),
        Of(new DateOnly(2024, 1, 1)), Of(new TimeOnly(12, 0)), Of(TimeSpan.MaxValue), Of(Colour.Blue), Of(LongEnum.Max),
        Of<int[]>([1, 2, 300], [.. Enumerable.Range(0, 300)]), Of<int[][]>([[1], [], [2, 3]]), Of(new[,] { { 1, 2 }, { 3, 4 } }), Of(new int[2, 1, 2]),
        Of<string?[]>(["a", null]), Of<Guid[]>([Guid.Empty]), Of<List<int?>>([1, null]), Of<List<List<string>>>([["a"], []]),
        Of<HashSet<long>>([1, 2, 3]), Of<SortedSet<string>>(["a", "b"]), Of(new Queue<int>([1, 2])), Of(new Stack<int>([1, 2])),
        Of(new LinkedList<int>([1])), Of(new Collection<int>([1])), Of(new ConcurrentBag<int>([1])), Of(new PriorityQueue<string, int>([("a", 1)])),
        Of(new BitArray([true, false])), Of(new ArrayList { 1, "a" }), Of<IEnumerable<int>>([1, 2]), Of<IReadOnlySet<Guid>>(new HashSet<Guid> { Guid.Empty }),
        Of<ImmutableArray<int>>([1, 2]), Of<ImmutableList<string>>(["a"]), Of<ImmutableHashSet<DateTime>>([DateTime.UnixEpoch]), Of(new[] { 1 }.ToFrozenSet()),
        Of(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }), Of(new Dictionary<int, object?> { [1] = null, [2] = "x" }),
        Of(new Dictionary<object, object> { [1] = 2, ["k"] = "v" }), Of(new Dictionary<(int, string), decimal> { [(1, "a")] = 1.5m }),
        Of(new SortedDictionary<string, int> { ["a"] = 1 }), Of(new SortedList<int, int> { [1] = 1 }), Of(new Hashtable { ["a"] = 1 }),
        Of(new ConcurrentDictionary<int, int>([KeyValuePair.Create(1, 2)])), Of(new OrderedDictionary<int, int> { [1] = 2 }),
        Of(ImmutableDictionary<int, int>.Empty.Add(1, 2)), Of(ImmutableSortedDictionary<string, int>.Empty.Add("a", 2)),
        Of(new[] { "a", "bb" }.ToLookup(s => s.Length)), Of(Expando()), Of(KeyValuePair.Create("k", 5)), Of(Tuple.Create(1, "a")),
        Of((1, 2, 3, 4, 5, 6, 7, 8, 9)), Of(new { A = 1, B = "x" }), Of(new StringMap { ["a"] = 1 }), Of(new IntBag { 1, 2 }),
        Of(Sample()), Of(new Person { Name = "p", Home = new(), Others = [new()], Boss = new() { Name = "b" } }), Of(new Wide16 { P01 = 1 }),
        Of(new PointProps { X = 1 }), Of(new PersonRecord("n", 3)), Of(new ReadonlyPointRec(1, "l")), Of(new GetOnlyWithCtor(1, "b")),
        Of(new DcOrder { A = 1, B = "b" }), Of(new DcOrderGap { A = 1 }), Of(new DcName { A = 1 }), Of(new DcRecord(1, "b")),
        Of(new ObjectHolder { Value = new object[] { 1 } }), Of(new Containers { Ints = [1], Pair = (1, "p"), Link = new("https://a.b") }), Of(new WiderParameter([1])),
    ];

    private static Target<T> Of<T>(params T[] values) => new([.. values.Select(v => Serializer.Encode(v))]);

    private static Plain Sample() => new()
    {
        Name = "n",
        Key = Guid.AllBitsSet,
        Data = [1, 2],
        Tags = ["t", "u"],
        Counts = new() { ["c"] = 1 },
        Price = 9.90m,
        MaybeInt = 3,
    };

    private static ExpandoObject Expando()
    {
        IDictionary<string, object?> value = new ExpandoObject();
        value["A"] = 1;
        value["B"] = "x";
        return (ExpandoObject)value;
    }

    private sealed class Target<T>(byte[][] payloads) : FuzzTarget(typeof(T).ToString(), payloads)
    {
        private readonly PayloadReader<T> _read = Serializer.GetReader<T>();

        public override void Read(ReadOnlyMemory<byte> payload) => _read(ref payload);
    }
}
