namespace TaskQ.Add.Encode;

/// <summary>A frame of a version that is not known here: to be given back, since a newer process can read it.</summary>
internal sealed class UnknownFrameVersionException : Exception
{
    /// <summary>A version that is not known.</summary>
    public UnknownFrameVersionException(int version)
        : base($"The frame has version {version}, which this version of TaskQ does not know.") => Version = version;

    /// <summary>A known version with flags that are not.</summary>
    public UnknownFrameVersionException(int version, int flags)
        : base($"The frame of version {version} has flags 0x{flags:X2}, which this version of TaskQ does not know.") =>
        Version = version;

    public int Version { get; }
}
