using System.Dynamic;

namespace TaskQ.Tests.Add.Encode.MessagePack.Vectors;

internal static partial class VectorValues
{
    private static Vector<T> Of<T>(int index, Func<T?> value) => new(index, value);

    private static Vector<T> Anonymous<T>(int index, Func<T> value) => new(index, value!);

    private static LeftOutVector LeftOut(int index, string reason) => new(index, reason);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    private static ExpandoObject Expando()
    {
        IDictionary<string, object?> value = new ExpandoObject();
        value["A"] = 1;
        value["B"] = "x";
        return (ExpandoObject)value;
    }
}
