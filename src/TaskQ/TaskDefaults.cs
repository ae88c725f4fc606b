namespace TaskQ;

/// <summary>The defaults of <see cref="TaskOptions"/>, in one place.</summary>
internal static class TaskDefaults
{
    public const int RetryLimit = 64;
    public const int CrashLimit = 3;

    public static readonly TimeSpan MinBackoff = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(30);
}
