using System.Collections;
using System.Reflection;
using System.Text;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Compares values by their content, whatever classes of collections hold it.</summary>
internal static class DeepEquality
{
    /// <summary>Where two values differ, null when they don't.</summary>
    public static string? Difference(object? expected, object? actual, string path = "value")
    {
        if (expected is null || actual is null)
        {
            return expected is null && actual is null ? null : $"{path}: {expected ?? "null"} became {actual ?? "null"}";
        }

        if (expected is StringBuilder or Uri or Lazy<int>)
        {
            expected = expected is Lazy<int> lazy ? lazy.Value : expected.ToString()!;
            actual = actual is Lazy<int> other ? other.Value : actual.ToString()!;
        }

        if (IsScalar(expected))
        {
            return Scalars(expected, actual, path);
        }

        return Items(expected) is { } items
            ? Sequences(items, Items(actual), path)
            : Members(expected, actual, path);
    }

    private static bool IsScalar(object value) =>
        value is string or decimal or DateTime or DateTimeOffset || value.GetType() is { IsPrimitive: true } or { IsEnum: true }
        || (value.GetType() is { IsValueType: true, IsGenericType: false } type && type.Namespace!.StartsWith("System", StringComparison.Ordinal)
            && value is not IEnumerable and not ValueTuple);

    private static string? Scalars(object expected, object actual, string path)
    {
        var same = expected.Equals(actual) && expected.ToString() == actual.ToString()
            && (expected is not DateTime time || time.Kind == ((DateTime)actual).Kind)
            && (expected is not DateTimeOffset offset || offset.EqualsExact((DateTimeOffset)actual));
        return same ? null : $"{path}: {expected} ({expected.GetType().Name}) became {actual} ({actual.GetType().Name})";
    }

    private static List<object?>? Items(object value) => value switch
    {
        Memory<byte> memory => [.. memory.ToArray()],
        ReadOnlyMemory<byte> memory => [.. memory.ToArray()],
        Memory<int> memory => [.. memory.ToArray()],
        ReadOnlyMemory<int> memory => [.. memory.ToArray()],
        System.Buffers.ReadOnlySequence<byte> sequence => [.. System.Buffers.BuffersExtensions.ToArray(sequence)],
        System.Collections.Immutable.ImmutableArray<int> { IsDefault: true } => [],
        ArraySegment<byte> { Array: null } or ArraySegment<int> { Array: null } => [],
        IDictionary or ISet<int> => [.. ((IEnumerable)value).Cast<object?>().OrderBy(i => i is DictionaryEntry e ? $"{e.Key}" : $"{i}", StringComparer.Ordinal)],
        IEnumerable items => [.. items.Cast<object?>()],
        PriorityQueue<string, int> queue => [.. queue.UnorderedItems.OrderBy(i => i.Priority)],
        _ => null,
    };

    private static string? Sequences(List<object?> expected, List<object?>? actual, string path)
    {
        if (actual is null || expected.Count != actual.Count)
        {
            return $"{path}: {expected.Count} items became {actual?.Count}";
        }

        return expected.Zip(actual, (e, a) => Difference(e, a, $"{path}[]")).FirstOrDefault(d => d is not null);
    }

    private static string? Members(object expected, object actual, string path)
    {
        if (expected.GetType() != actual.GetType())
        {
            return $"{path}: {expected.GetType()} became {actual.GetType()}";
        }

        const BindingFlags All = BindingFlags.Public | BindingFlags.Instance;
        var type = expected.GetType();
        return type.GetFields(All).Select(f => Difference(f.GetValue(expected), f.GetValue(actual), $"{path}.{f.Name}"))
            .Concat(type.GetProperties(All).Where(p => p.GetIndexParameters().Length == 0 && p.GetMethod is { IsPublic: true })
                .Select(p => Difference(p.GetValue(expected), p.GetValue(actual), $"{path}.{p.Name}")))
            .FirstOrDefault(d => d is not null);
    }
}
