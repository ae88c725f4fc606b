using System.Text.Json;

namespace TaskQ.Tests.Add.Encode.MessagePack.Vectors;

/// <summary>What MessagePack-CSharp wrote and read, one line per vector.</summary>
internal sealed record ExpectedVector(
    int Index, string Type, string Value, string? Hex, int? Length, string? Sha256, string? Throws, string? Roundtrip, string? Rewrite, string? Note)
{
    public string Name => $"{Index}: {Type} {Value}";

    /// <summary>The time zone that the process had, null when it does not matter.</summary>
    public string? TimeZone => Note is not { } note || !note.Contains("process time zone", StringComparison.Ordinal) ? null
        : note.Contains("Asia/Tokyo", StringComparison.Ordinal) ? "Asia/Tokyo"
        : note.Contains("America/New_York", StringComparison.Ordinal) ? "America/New_York"
        : "UTC";
}

internal static class VectorFile
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static IReadOnlyList<ExpectedVector> Load()
    {
        using var stream = typeof(VectorFile).Assembly.GetManifestResourceStream("msgpack-vectors.json")!;
        using var document = JsonDocument.Parse(stream);
        return
        [
            .. document.RootElement.GetProperty("vectors").EnumerateArray()
                .Select((v, i) => v.Deserialize<ExpectedVector>(Options)! with { Index = i }),
        ];
    }
}
