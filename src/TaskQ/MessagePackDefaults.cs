namespace TaskQ;

/// <summary>The defaults and bounds of <see cref="MessagePackOptions"/>, in one place.</summary>
internal static class MessagePackDefaults
{
    public const int MaxDepth = 64;
    public const int MaxStringLength = 1024 * 1024;
    public const int MaxExtensionLength = 64 * 1024;
    public const int MaxElements = 1_000_000;

    // Nested values are read and written by nested calls; a thread's stack bears this many with room to spare.
    public const int DepthCeiling = 256;
}
