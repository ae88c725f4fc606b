using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Equality as usual, with another hash code.</summary>
internal sealed class SeededComparer<T>(Func<T, int> hash) : IEqualityComparer<T>, IEqualityComparer
{
    public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

    public int GetHashCode([DisallowNull] T obj) => hash(obj);

    bool IEqualityComparer.Equals(object? x, object? y) => object.Equals(x, y);

    int IEqualityComparer.GetHashCode(object obj) => hash((T)obj);
}
