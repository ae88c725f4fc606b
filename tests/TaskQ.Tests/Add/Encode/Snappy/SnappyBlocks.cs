using TaskQ.Add.Encode.Snappy;

namespace TaskQ.Tests.Add.Encode.Snappy;

/// <summary>Our encoder and decoder on arrays.</summary>
internal static class SnappyBlocks
{
    public static byte[] Encode(byte[] input)
    {
        byte[] output = new byte[SnappyEncoder.MaxEncodedLength(input.Length)];
        return output[..SnappyEncoder.Encode(input, output)];
    }

    public static byte[] Decode(byte[] block, int limit = 8 * 1024 * 1024)
    {
        byte[] output = new byte[SnappyDecoder.ReadLength(block, limit, out _)];
        SnappyDecoder.Decode(block, output);
        return output;
    }

    /// <summary>What the cross-checks run on, made when it is asked for.</summary>
    public static IEnumerable<(string Name, Func<byte[]> Make)> Samples()
    {
        foreach (int size in (int[])[0, 1, 15, 16, 17, 60, 61, 1024, 65536, 65537, 4 * 1024 * 1024])
        {
            yield return ($"random {size}", () => SampleData.Random(size));
            yield return ($"json {size}", () => SampleData.Json(size));
        }

        foreach (int period in (int[])[1, 2, 3, 5, 8, 13, 15, 16, 17, 63, 64, 65, 2047, 2048, 60000])
        {
            yield return ($"period {period}", () => SampleData.Repeated(200_000, period));
        }
    }
}
