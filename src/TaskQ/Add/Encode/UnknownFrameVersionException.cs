namespace TaskQ.Add.Encode;

/// <summary>A frame of a version that is not known here: to be given back, since a newer process can read it.</summary>
internal sealed class UnknownFrameVersionException(int version)
    : Exception($"The frame has version {version}, which this version of TaskQ does not know.")
{
    public int Version { get; } = version;
}
