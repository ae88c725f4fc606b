using System.Text;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>The names of a type's members in UTF-8, to find the member of a map's key.</summary>
internal sealed class MemberNames
{
    private readonly byte[][] _names;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _places;

    public MemberNames(IEnumerable<string> names)
    {
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        var places = new Dictionary<byte[], int>(Utf8Comparer.Instance);
        for (var i = 0; i < _names.Length; i++)
        {
            places.Add(_names[i], i);
        }

        _places = places.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Reads a key.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="expected">The place of the member that comes next when the sender has the same type.</param>
    /// <returns>The place of the member, -1 when it is unknown.</returns>
    public int Read(ref MessagePackReader reader, int expected)
    {
        if (!reader.NextIsString())
        {
            reader.Skip();
            return -1;
        }

        var name = reader.ReadUtf8();
        if ((uint)expected < (uint)_names.Length && name.SequenceEqual(_names[expected]))
        {
            return expected;
        }

        return _places.TryGetValue(name, out var place) ? place : -1;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
