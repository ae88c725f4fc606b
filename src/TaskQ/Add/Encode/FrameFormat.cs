namespace TaskQ.Add.Encode;

/// <summary>The constants of the frame; <c>wire-format.md</c> describes them.</summary>
internal static class FrameFormat
{
    public const byte Magic0 = (byte)'T';
    public const byte Magic1 = (byte)'Q';
    public const byte Version = 1;

    /// <summary>Magic, version and flags; the body's length follows.</summary>
    public const int FixedLength = 4;

    /// <summary>The body is a Snappy block. All other flags are reserved.</summary>
    public const byte Compressed = 1;

    public const int MaxHeaders = 1024;

    /// <summary>Snappy reaches 21 : 1 at best, so no honest frame comes near this.</summary>
    public const int MaxCompressionRatio = 100;

    public const int IdLength = 16;
}
