using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class CanonicalTests
{
    private readonly MessagePackSerializer _serializer = new();

    [Fact]
    public void GetCanonicalWriter_EqualDictionaries_SameBytesWhateverTheOrder()
    {
        var up = Enumerable.Range(0, 300).ToDictionary(i => $"key{i}", i => i);
        var down = Enumerable.Range(0, 300).Reverse().ToDictionary(i => $"key{i}", i => i);
        Same(up, down);
        Same<IReadOnlyDictionary<string, int>>(up, down);
        Same<object>(up, down);
        Same<IEnumerable<KeyValuePair<string, int>>>(up, down);
        Same(up.ToImmutableDictionary(), down.ToImmutableDictionary());
        Same(up.ToFrozenDictionary(), down.ToFrozenDictionary());
        Same<IDictionary>(new Hashtable(up), new Hashtable(down));
        Assert.NotEqual(_serializer.Encode(up), _serializer.Encode(down));
    }

    [Fact]
    public void GetCanonicalWriter_EqualSets_SameBytesWhateverTheOrder()
    {
        HashSet<int> up = [1, 2, 3, 400, -1];
        HashSet<int> down = [-1, 400, 3, 2, 1];
        Same(up, down);
        Same<ISet<int>>(up, down);
        Same<IEnumerable<int>>(up, down);
        Same<ICollection<int>>(up, down);
        Same<object>(up, down);
        Assert.NotEqual(_serializer.Encode(up), _serializer.Encode(down));
    }

    [Fact]
    public void GetCanonicalWriter_NestedAtAnyDepth_SameBytes()
    {
        Holder up = new() { Map = new() { ["x"] = new HashSet<int> { 1, 2 }, ["y"] = new Dictionary<int, int> { [1] = 1, [2] = 2 } } };
        Holder down = new() { Map = new() { ["y"] = new Dictionary<int, int> { [2] = 2, [1] = 1 }, ["x"] = new HashSet<int> { 2, 1 } } };
        Same(up, down);
        Same(new[] { up, down }, [down, up]);
        Same((up, 1), (down, 1));
    }

    [Fact]
    public void GetCanonicalWriter_DictionariesInASet_SameBytes()
    {
        HashSet<object> up = [new Dictionary<int, int> { [1] = 1, [2] = 2 }, 5];
        HashSet<object> down = [5, new Dictionary<int, int> { [2] = 2, [1] = 1 }];
        Same(up, down);
    }

    [Fact]
    public void GetCanonicalWriter_OtherOrderOfAList_OtherBytes() =>
        Assert.NotEqual(_serializer.EncodeCanonical<int[]>([1, 2]), _serializer.EncodeCanonical<int[]>([2, 1]));

    [Fact]
    public void GetCanonicalWriter_Map_IsReadLikeAnyOther()
    {
        var value = Enumerable.Range(0, 100).ToDictionary(i => i * 7 % 101, i => $"{i}");
        Assert.Equal(value, _serializer.Decode<Dictionary<int, string>>(_serializer.EncodeCanonical(value)));
    }

    [Fact]
    public void GetCanonicalWriter_TooManyElements_Throws()
    {
        var serializer = new MessagePackSerializer(new MessagePackOptions { MaxElements = 10 });
        Assert.Throws<PayloadException>(() => serializer.EncodeCanonical(new HashSet<int[]> { new int[6], new int[6] }));
    }

    private void Same<T>(T one, T other) =>
        Assert.Equal(Convert.ToHexString(_serializer.EncodeCanonical(one)), Convert.ToHexString(_serializer.EncodeCanonical(other)));

    public sealed class Holder
    {
        public Dictionary<string, object>? Map { get; set; }
    }
}
