using System.Security.Cryptography;

namespace TaskQ.Tests.Add.Encode.MessagePack.Vectors;

/// <summary>Compares TaskQ with MessagePack-CSharp on one vector.</summary>
internal static class VectorCheck
{
    // Where MessagePack-CSharp loses something and TaskQ does not.
    private static readonly HashSet<int> Better = [.. new[] { 654, 655 }];

    // Their order comes from hash codes, so it need not be the same after reading.
    private static readonly HashSet<int> AnyOrder = [.. new[] { 446, 448 }];

    /// <summary>What is wrong, null when all is right.</summary>
    public static string? Run(MessagePackSerializer serializer, ExpectedVector expected, Vector vector)
    {
        try
        {
            return expected.Throws is not null ? MustThrow(serializer, vector) : MustMatch(serializer, expected, vector);
        }
        catch (PayloadException exception)
        {
            return exception.Message;
        }
    }

    private static string? MustThrow(MessagePackSerializer serializer, Vector vector)
    {
        try
        {
            return $"wrote {Convert.ToHexStringLower(vector.Write(serializer))} where MessagePack-CSharp throws";
        }
        catch (PayloadException)
        {
            return null;
        }
    }

    private static string? MustMatch(MessagePackSerializer serializer, ExpectedVector expected, Vector vector)
    {
        var bytes = vector.Write(serializer);
        var hex = Convert.ToHexStringLower(bytes);
        var same = expected.Hex is not null
            ? hex == expected.Hex
            : bytes.Length == expected.Length && Convert.ToHexStringLower(SHA256.HashData(bytes)) == expected.Sha256;
        if (!same)
        {
            return $"wrote {hex[..Math.Min(hex.Length, 200)]}, expected {expected.Hex ?? expected.Sha256}";
        }

        var rewritten = Convert.ToHexStringLower(vector.Rewrite(serializer, bytes));
        if (!AnyOrder.Contains(expected.Index)
            && rewritten != (Better.Contains(expected.Index) ? hex : expected.Rewrite ?? hex))
        {
            return $"read and wrote {rewritten[..Math.Min(rewritten.Length, 200)]}, expected {expected.Rewrite ?? hex}";
        }

        return expected.Roundtrip == "ok" ? vector.Read(serializer, bytes) : null;
    }
}
