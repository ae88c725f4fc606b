using System.Globalization;
using System.Text;

namespace TaskQ.Tests.Add;

/// <summary>Bytes for tests, the same on each run.</summary>
internal static class SampleData
{
    /// <summary>What does not compress.</summary>
    public static byte[] Random(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size + 1).NextBytes(bytes);
        return bytes;
    }

    /// <summary>What a payload looks like: repeated names, changing values.</summary>
    public static byte[] Json(int size)
    {
        var random = new Random(size + 1);
        var text = new StringBuilder("[");
        while (text.Length < size)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{"id":{{random.Next(1_000_000)}},"name":"user-{{random.Next(500)}}","email":"u{{random.Next(99_999)}}@example.com","active":{{(random.Next(2) == 0 ? "true" : "false")}},"score":{{random.NextDouble():F6}}},""");
        }

        return Encoding.UTF8.GetBytes(text.ToString(0, size));
    }

    /// <summary>One short run of bytes over and over: copies that overlap themselves.</summary>
    public static byte[] Repeated(int size, int period)
    {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++)
        {
            bytes[i] = (byte)(i % period);
        }

        return bytes;
    }
}
